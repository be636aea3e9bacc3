package io.kvepp.eventplane.zmq;

import java.time.Duration;
import org.zeromq.ZEvent;

/// One connection the socket keeps: what to connect to and how that stands.
///
/// Confined to the subscriber's thread.
final class Dial {
    private static final long HANDSHAKE_PATIENCE_NANOS = Duration.ofMillis(200).toNanos();
    private static final int DOUBLINGS_MAX = 5;
    private static final int PROTOCOL_VERSION_MIN = 3;

    private final String endpoint;
    private State state = State.DIALLING;
    private long lastSignNanos;
    private int failedHandshakes;

    private enum State {
        DIALLING,
        HANDSHAKING,
        STANDING
    }

    Dial(String endpoint, long nowNanos) {
        this.endpoint = endpoint;
        lastSignNanos = nowNanos;
    }

    String endpoint() {
        return endpoint;
    }

    boolean stands() {
        return state == State.STANDING;
    }

    /// TCP is connected, the handshake begins.
    private void handshaking(long nowNanos) {
        sign(State.HANDSHAKING, nowNanos);
    }

    /// The handshake has succeeded.
    private void standing(long nowNanos) {
        failedHandshakes = 0;
        sign(State.STANDING, nowNanos);
    }

    /// The connection was lost, or another attempt is made.
    private void dialling(long nowNanos) {
        sign(State.DIALLING, nowNanos);
    }

    /// Dialled again because it was stalled.
    void redialled(long nowNanos) {
        if (state == State.HANDSHAKING && failedHandshakes < DOUBLINGS_MAX) {
            failedHandshakes++;
        }
        sign(State.DIALLING, nowNanos);
    }

    /// True when it does not stand and has shown no sign for longer than it should take: a
    /// handshake is given twice as long after each that failed, an attempt to connect the patience
    /// given.
    boolean isStalled(long nowNanos, long patienceNanos) {
        long silenceNanos = nowNanos - lastSignNanos;
        return switch (state) {
            case DIALLING -> silenceNanos > patienceNanos;
            case HANDSHAKING -> silenceNanos > HANDSHAKE_PATIENCE_NANOS << failedHandshakes;
            case STANDING -> false;
        };
    }

    /// Follows what the socket's monitor says of the connection.
    void follow(ZEvent event, long nowNanos) {
        switch (event.getEvent()) {
            case CONNECTED -> handshaking(nowNanos);
            case HANDSHAKE_PROTOCOL -> {
                if (isOurProtocol(event)) {
                    standing(nowNanos);
                } else {
                    dialling(nowNanos);
                }
            }
            case DISCONNECTED, CLOSED, CONNECT_DELAYED, CONNECT_RETRIED -> dialling(nowNanos);
            default -> {}
        }
    }

    /// To the library anything that answers is a peer, of the oldest protocol if need be.
    private static boolean isOurProtocol(ZEvent event) {
        Object version = event.getValue();
        return version instanceof Integer number && number >= PROTOCOL_VERSION_MIN;
    }

    private void sign(State now, long nowNanos) {
        state = now;
        lastSignNanos = nowNanos;
    }
}
