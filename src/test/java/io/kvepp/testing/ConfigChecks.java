package io.kvepp.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.OptionEntry;
import io.kvepp.config.Options;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// What the tests of configuration records share.
public final class ConfigChecks {
    private ConfigChecks() {}

    /// Options given on the command line: `flags("port", "1", "host", "x")`.
    public static Options flags(String... namesAndValues) {
        Map<String, List<String>> flags = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            flags.put(namesAndValues[i], List.of(namesAndValues[i + 1]));
        }
        return new Options(flags, Map.of());
    }

    /// Options given by environment variables.
    public static Options environment(String... namesAndValues) {
        Map<String, String> environment = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            environment.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return new Options(Map.of(), environment);
    }

    /// Fails unless every option that was read came from the given origin.
    public static void assertAllFrom(String origin, Options options) {
        TreeSet<String> others = new TreeSet<>();
        for (OptionEntry entry : options.entries()) {
            if (!entry.origin().equals(origin)) {
                others.add(entry.name());
            }
        }
        Assertions.assertThat(others).as("options not from " + origin).isEmpty();
    }

    public static void assertRefused(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(ConfigurationException.class).hasMessage(message);
    }
}
