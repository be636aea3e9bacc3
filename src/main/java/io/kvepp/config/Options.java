package io.kvepp.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A typed reader of options that remembers every name, default and meaning it was asked for, so
/// that `--help`, `--print-config` and the README table are derived from the reading code.
///
/// An option `some-name` is looked up as flag `--some-name`, then as environment variable
/// `KV_EPP_SOME_NAME`, then under the other environment names it declares (Dynamo's, where Dynamo
/// has one). An empty environment variable counts as unset.
///
/// Confined to the thread that starts the process.
public final class Options {
    private final Map<String, List<String>> flags;
    private final Map<String, String> environment;
    private final Map<String, OptionEntry> entries = new LinkedHashMap<>();

    /// @param flags values by option name, in the order given on the command line
    /// @param environment the process environment
    public Options(Map<String, List<String>> flags, Map<String, String> environment) {
        this.flags = Map.copyOf(flags);
        this.environment = Map.copyOf(environment);
    }

    /// Options with nothing set: reading a configuration from it yields the defaults and the list
    /// of options.
    public static Options defaults() {
        return new Options(Map.of(), Map.of());
    }

    /// Starts the declaration of one option; one of the reader's typed methods ends it.
    public OptionReader option(String name, String meaning) {
        return new OptionReader(this, name, meaning);
    }

    /// Every option read so far, in reading order.
    public List<OptionEntry> entries() {
        return List.copyOf(entries.values());
    }

    static String environmentName(String optionName) {
        return "KV_EPP_" + optionName.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    void remember(OptionEntry entry) {
        if (entries.put(entry.name(), entry) != null) {
            throw new IllegalStateException("option declared twice: " + entry.name());
        }
    }

    Found find(String name, Map<String, UnaryOperator<String>> environmentNames) {
        List<String> given = flags.get(name);
        if (given != null) {
            return new Found(given, "flag");
        }
        for (Map.Entry<String, UnaryOperator<String>> candidate : environmentNames.entrySet()) {
            @Nullable String value = environment.get(candidate.getKey());
            if (value != null && !value.isBlank()) {
                return new Found(List.of(candidate.getValue().apply(value.strip())), candidate.getKey());
            }
        }
        return new Found(new ArrayList<>(), "default");
    }

    /// What was set for an option; `values` is empty when nothing was.
    record Found(List<String> values, String origin) {
        boolean isSet() {
            return !values.isEmpty();
        }

        String last() {
            return values.getLast();
        }
    }
}
