package io.kvepp.it.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Renders the Envoy configurations of the folder `envoy`.
public final class EnvoyTemplate {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([A-Z_]+)}");

    private EnvoyTemplate() {}

    /// Writes `template` to `target` with every placeholder replaced.
    public static void render(Path template, Map<String, String> values, Path target) throws IOException {
        String text = PLACEHOLDER.matcher(Files.readString(template)).replaceAll(found -> {
            String value = values.get(found.group(1));
            if (value == null) {
                throw new AssertionError(
                        template + ": placeholder " + found.group() + " (expected: one of " + values.keySet() + ")");
            }
            return Matcher.quoteReplacement(value);
        });
        Files.writeString(target, text);
    }

    /// Envoy's `lb_endpoints` for one endpoint on the loopback address.
    static String endpoint(int port) {
        return "[{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: " + port + "}}}}]";
    }
}
