package io.kvepp.eventplane.zmq;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads `tcp://<ip>:<port>`, the IP of either family as a literal. Names are refused: resolving
/// one would block the thread that serves all connections.
///
/// Thread-safe.
final class TcpEndpoint {
    private static final Pattern SHAPE =
            Pattern.compile("tcp://(?:\\[([0-9a-fA-F:.%]{2,64})]|([0-9.]{7,15})):([0-9]{1,5})");
    private static final int PORT_MAX = 65_535;

    private TcpEndpoint() {}

    /// The address, or null when the text is something else.
    static @Nullable InetSocketAddress parse(String text) {
        Matcher matcher = SHAPE.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
        int port = Integer.parseInt(matcher.group(3));
        try {
            return port == 0 || port > PORT_MAX ? null : new InetSocketAddress(InetAddress.ofLiteral(host), port);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /// The text that is read as this address.
    static String text(InetSocketAddress address) {
        String ip = address.getAddress().getHostAddress();
        return "tcp://" + (ip.indexOf(':') < 0 ? ip : "[" + ip + "]") + ":" + address.getPort();
    }
}
