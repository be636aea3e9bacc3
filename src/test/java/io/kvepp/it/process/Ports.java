package io.kvepp.it.process;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// Free TCP ports.
public final class Ports {
    /// Below the range from which Linux takes ports for outgoing connections: none of those can
    /// take a port between its choice and its use.
    private static final int LOWEST = 20_000;

    private static final int HIGHEST = 31_999;
    private static final int PORTS = HIGHEST + 1 - LOWEST;
    private static final int ATTEMPTS_MAX = 1000;

    /// Stacks that start at the same time must not get the same port before either has taken it.
    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(HIGHEST));

    private Ports() {}

    /// A port that was free a moment ago on every local address: the Dynamo frontend refuses one
    /// that is taken on any.
    public static int free() {
        return free(1);
    }

    /// The first of `count` such ports in a row.
    public static int free(int count) {
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            int first = LOWEST + Math.floorMod(NEXT.getAndAdd(count), PORTS);
            if (first + count - 1 <= HIGHEST
                    && IntStream.range(first, first + count).allMatch(Ports::isFree)) {
                return first;
            }
        }
        throw new AssertionError("no " + count + " free TCP ports found between " + LOWEST + " and " + HIGHEST);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port)) {
            return socket.getLocalPort() == port;
        } catch (IOException e) {
            return false;
        }
    }
}
