package io.kvepp.app;

import io.kvepp.config.Options;

/// How the process logs, on standard error.
///
/// Immutable.
public record LogConfig(String level, String format) {
    public static LogConfig from(Options options) {
        return new LogConfig(
                options.option("log-level", "least severe level logged")
                        .choice("info", "error", "warn", "info", "debug", "trace"),
                options.option("log-format", "one line of text or one JSON object an entry")
                        .choice("text", "text", "json"));
    }
}
