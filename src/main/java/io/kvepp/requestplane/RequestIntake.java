package io.kvepp.requestplane;

import io.kvepp.metrics.EppMetrics;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Takes requests in, within the limits, and has them served.
///
/// Thread-safe.
final class RequestIntake {
    private static final String UNAVAILABLE = "Server unavailable: ";
    private static final String OVERLOADED = "Server overloaded: ";
    private static final String NO_SERVICE = "none";

    private final TcpRequestServerConfig config;
    private final AnswerParts answers;
    private final EppMetrics metrics;
    private final Map<String, ServedEndpoint> endpoints = new ConcurrentHashMap<>();
    private final Semaphore places;
    private final Semaphore lingering;
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean draining;

    RequestIntake(TcpRequestServerConfig config, AnswerParts answers, EppMetrics metrics) {
        this.config = config;
        this.answers = answers;
        this.metrics = metrics;
        places = new Semaphore(config.requestsMax());
        lingering = new Semaphore(config.requestsMax());
    }

    void add(String path, ServedEndpoint endpoint) {
        if (endpoints.putIfAbsent(path, endpoint) != null) {
            throw new IllegalStateException("endpoint served twice: " + path);
        }
    }

    void remove(String path) {
        endpoints.remove(path);
    }

    void drain() {
        draining = true;
    }

    int requests() {
        return config.requestsMax() - places.availablePermits();
    }

    /// A request that has a place; the message is still to be read.
    record Admitted(ServedEndpoint endpoint, int messageBytes, Semaphore connectionPlaces) {}

    /// Either a place for the request, or the text of its refusal.
    record Admission(@Nullable Admitted admitted, String refusal) {
        static Admission refused(String text) {
            return new Admission(null, text);
        }
    }

    Admission admit(IncomingFrame frame, Semaphore connectionPlaces) {
        ServedEndpoint endpoint = endpoints.get(frame.path());
        if (endpoint == null) {
            metrics.endpointRequest(NO_SERVICE, NO_SERVICE, "unknown_endpoint");
            return Admission.refused(UNAVAILABLE + "unknown endpoint " + ControlHeader.quote(frame.path()));
        }
        if (draining) {
            return refused(endpoint, "draining", UNAVAILABLE + "shutting down");
        }
        if (!connectionPlaces.tryAcquire()) {
            return refused(endpoint, "overloaded", OVERLOADED + "too many requests of one connection");
        }
        if (!places.tryAcquire()) {
            connectionPlaces.release();
            return refused(endpoint, "overloaded", OVERLOADED + "too many requests");
        }
        Admitted admitted = new Admitted(endpoint, frame.messageBytes(), connectionPlaces);
        if (bytes.addAndGet(frame.messageBytes()) > config.requestBytesTotalMax()) {
            release(admitted);
            return refused(endpoint, "overloaded", OVERLOADED + "too many bytes of requests");
        }
        return new Admission(admitted, "");
    }

    /// For a request whose message never came.
    void abandon(Admitted admitted, String outcome) {
        release(admitted);
        count(admitted.endpoint(), outcome);
    }

    /// A request that is taken apart and may be served; the refusal is empty unless it may not.
    record Accepted(@Nullable Serving serving, String refusal) {}

    /// Takes the message out of `in`, where it is whole.
    Accepted accept(Admitted admitted, ByteBuf in, EventLoop loop) {
        ServedEndpoint endpoint = admitted.endpoint();
        try {
            TwoPart parts = TwoPart.whole(in.readSlice(admitted.messageBytes()));
            CallControl control = CallControl.parse(parts.header());
            if (!endpoint.underWay().add(control.id())) {
                abandon(admitted, "duplicate");
                return new Accepted(
                        null, UNAVAILABLE + "id: " + ControlHeader.quote(control.id()) + " (expected: not under way)");
            }
            EndpointRequest request =
                    new EndpointRequest(control.id(), control.codec(), parts.body(), control.metadata());
            return new Accepted(
                    new Serving(endpoint, request, new TcpAnswer(control, answers, loop), ending(admitted)), "");
        } catch (RequestPlaneException e) {
            abandon(admitted, "malformed");
            return new Accepted(null, UNAVAILABLE + "malformed request: " + e.getMessage());
        }
    }

    private Serving.Ending ending(Admitted admitted) {
        return new Serving.Ending() {
            @Override
            public void told(TcpAnswer answer, String outcome) {
                count(admitted.endpoint(), answer.isStalled() ? "caller_stalled" : outcome);
                release(admitted);
                linger(answer);
            }

            @Override
            public void broken(TcpAnswer answer) {
                release(admitted);
                answer.close();
            }
        };
    }

    /// For callers that never close no more connections are kept than there may be requests.
    private void linger(TcpAnswer answer) {
        if (lingering.tryAcquire()) {
            answer.whenClosed(lingering::release);
        } else {
            answer.close();
        }
    }

    private void release(Admitted admitted) {
        bytes.addAndGet(-admitted.messageBytes());
        places.release();
        admitted.connectionPlaces().release();
    }

    private Admission refused(ServedEndpoint endpoint, String outcome, String text) {
        count(endpoint, outcome);
        return Admission.refused(text);
    }

    private void count(ServedEndpoint endpoint, String outcome) {
        metrics.endpointRequest(endpoint.service(), endpoint.name(), outcome);
    }
}
