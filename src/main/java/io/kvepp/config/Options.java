package io.kvepp.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
    private final List<String> conflicts = new ArrayList<>();
    private final List<String> ignored = new ArrayList<>();

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

    /// What environment variables of the same meaning say differently, in reading order; for the log.
    public List<String> conflicts() {
        return List.copyOf(conflicts);
    }

    /// Refuses an option of Dynamo whose part is missing here: an environment variable with another
    /// value than those that ask for nothing.
    ///
    /// @throws ConfigurationException when the variable asks for it
    public void refuse(String variable, Set<String> harmless, String why) {
        Found found = findVariable(variable);
        if (found.isSet() && !harmless.contains(found.last().toLowerCase(Locale.ROOT))) {
            String usable = harmless.isEmpty() ? "unset" : String.join(" or ", new TreeSet<>(harmless));
            throw ConfigurationException.of(variable, found.last(), usable + ": " + why);
        }
    }

    /// Looks for an environment variable of others that changes nothing here.
    public void ignore(String variable, String why) {
        if (findVariable(variable).isSet()) {
            ignored.add(variable + ": ignored, " + why);
        }
    }

    /// The variables that are set and ignored, each with the reason; for the log.
    public List<String> ignored() {
        return List.copyOf(ignored);
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
            Found found = findVariable(candidate.getKey());
            if (found.isSet()) {
                return new Found(List.of(candidate.getValue().apply(found.last())), found.origin());
            }
        }
        return new Found(List.of(), "default");
    }

    Found findVariable(String variable) {
        @Nullable String value = environment.get(variable);
        return value == null || value.isBlank()
                ? new Found(List.of(), "default")
                : new Found(List.of(value.strip()), variable);
    }

    void noteConflict(String conflict) {
        conflicts.add(conflict);
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
