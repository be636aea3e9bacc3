package io.kvepp.it.process;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/// Free TCP ports.
public final class Ports {
    /// Below the range from which Linux takes ports for outgoing connections: none of those can
    /// take a port between its choice and its use.
    private static final int LOWEST = 20_000;

    private static final int HIGHEST = 31_999;
    private static final int ATTEMPTS_MAX = 1000;

    private Ports() {}

    /// A port that was free a moment ago on every local address: the Dynamo frontend refuses one
    /// that is taken on any.
    public static int free() {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST + 1);
            try (ServerSocket socket = new ServerSocket(port)) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Taken; try another.
            }
        }
        throw new AssertionError("no free TCP port found between " + LOWEST + " and " + HIGHEST);
    }
}
