package io.kvepp.pool;

import io.kvepp.config.ConfigurationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A pool, and the port on which its gateway asks.
///
/// - `namespace`: empty for the own namespace
/// - `port`: on which its gateway asks, or [#MAIN_PORT]
///
/// Immutable.
public record PoolRef(String namespace, String name, int port) {
    /// Stands for the port of all other requests.
    public static final int MAIN_PORT = -1;

    private static final String NAME = "[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?";
    private static final Pattern TEXT = Pattern.compile("(?:(" + NAME + ")/)?(" + NAME + ")(?:@([0-9]{1,5}))?");

    static PoolRef of(String option, String text) {
        Matcher matcher = TEXT.matcher(text);
        String expected = "[namespace/]name[@port]";
        if (!matcher.matches()) {
            throw ConfigurationException.of(option, text, expected);
        }
        int port = matcher.group(3) == null ? MAIN_PORT : Integer.parseInt(matcher.group(3));
        if (port > 65_535) {
            throw ConfigurationException.of(option, text, expected);
        }
        return new PoolRef(matcher.group(1) == null ? "" : matcher.group(1), matcher.group(2), port);
    }

    /// Whether it is asked for on the port of all other requests.
    public boolean isMain() {
        return port == MAIN_PORT;
    }

    /// What the pool is called in requests and logs.
    public String key() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }
}
