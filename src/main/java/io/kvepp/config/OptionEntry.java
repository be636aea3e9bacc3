package io.kvepp.config;

import java.util.List;

/// One option as `--help`, `--print-config` and the README table show it.
///
/// - `name`: without the leading dashes
/// - `environment`: names that are read when the flag is absent, first set one wins
/// - `type`: what a value looks like, such as `DURATION` or `text|json`
/// - `defaultText`: how the default is written, empty when there is none
/// - `valueText`: the value in force, as text
/// - `origin`: `default`, `flag`, or the name of the environment variable
///
/// Immutable.
public record OptionEntry(
        String name,
        List<String> environment,
        String type,
        String defaultText,
        String meaning,
        boolean repeatable,
        String valueText,
        String origin) {
    public OptionEntry {
        environment = List.copyOf(environment);
    }
}
