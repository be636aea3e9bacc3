package io.kvepp.eventplane.zmq;

/// One connection the socket keeps: what to connect to and how that stands.
///
/// Confined to the subscriber's thread.
final class Dial {
    private final String endpoint;
    private boolean connected;
    private long lastSignNanos;

    Dial(String endpoint, long nowNanos) {
        this.endpoint = endpoint;
        lastSignNanos = nowNanos;
    }

    String endpoint() {
        return endpoint;
    }

    boolean connected() {
        return connected;
    }

    /// The library said something about this connection.
    void sign(boolean nowConnected, long nowNanos) {
        connected = nowConnected;
        lastSignNanos = nowNanos;
    }

    /// True when the library does nothing about a connection that does not stand.
    boolean isStalled(long nowNanos, long patienceNanos) {
        return !connected && nowNanos - lastSignNanos > patienceNanos;
    }
}
