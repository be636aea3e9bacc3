package io.kvepp.discovery.staticlist;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Checks addresses of engines: an IP literal and a port, since neither gateways nor event sockets
/// resolve names.
///
/// Thread-safe.
final class StaticAddress {
    private static final String TCP = "tcp://";
    private static final int PORT_MAX = 65_535;
    private static final Pattern ENDPOINT =
            Pattern.compile("(?:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}|\\[[0-9a-fA-F:.]{2,64}]):([0-9]{1,5})");

    private StaticAddress() {}

    static boolean isEndpoint(String text) {
        return port(text) > 0;
    }

    /// The address of the same host with a higher port; null when the text is no `tcp://ip:port`, or
    /// there is no such port.
    static @Nullable String socket(String first, int offset) {
        int port = first.startsWith(TCP) ? port(first.substring(TCP.length())) : 0;
        return port == 0 || port + offset > PORT_MAX
                ? null
                : first.substring(0, first.lastIndexOf(':') + 1) + (port + offset);
    }

    /// 0 when the text is no `ip:port`.
    private static int port(String text) {
        Matcher matcher = ENDPOINT.matcher(text);
        int port = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        return port <= PORT_MAX ? port : 0;
    }
}
