package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A transport string taken apart: where to connect, and the path that routes within the worker.
///
/// Immutable.
record WorkerAddress(InetSocketAddress address, String path) {
    private static final Pattern TRANSPORT =
            Pattern.compile("(?:tcp://)?(?:\\[([^]/]+)]|([^:/\\[\\]]+)):([0-9]{1,5})/(.+)", Pattern.DOTALL);

    static WorkerAddress parse(String transport) throws RequestPlaneException {
        Matcher matcher = TRANSPORT.matcher(transport);
        if (!matcher.matches()) {
            throw malformed(transport);
        }
        int port = Integer.parseInt(matcher.group(3));
        if (port == 0 || port > 65_535) {
            throw malformed(transport);
        }
        String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
        try {
            return new WorkerAddress(new InetSocketAddress(InetAddress.ofLiteral(host), port), matcher.group(4));
        } catch (IllegalArgumentException _) {
            throw malformed(transport);
        }
    }

    private static RequestPlaneException malformed(String transport) {
        return new RequestPlaneException(
                Reason.MALFORMED, "transport: " + transport + " (expected: [tcp://]<IP address>:<port>/<path>)");
    }
}
