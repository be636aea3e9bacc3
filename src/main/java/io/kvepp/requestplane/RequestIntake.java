package io.kvepp.requestplane;

import io.kvepp.metrics.EppMetrics;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes requests in, within the limits, and has them served.
///
/// Thread-safe.
final class RequestIntake {
    private static final Logger LOG = LoggerFactory.getLogger(RequestIntake.class);
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
    record Admitted(ServedEndpoint endpoint, long messageBytes, Semaphore connectionPlaces) {}

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
    record Accepted(@Nullable Runnable task, String refusal) {}

    Accepted accept(Admitted admitted, byte[] message) {
        ServedEndpoint endpoint = admitted.endpoint();
        try {
            TwoPart parts = IncomingFrame.message(message);
            CallControl control = CallControl.parse(parts.header());
            if (!endpoint.underWay().add(control.id())) {
                abandon(admitted, "duplicate");
                return new Accepted(
                        null, UNAVAILABLE + "id: " + ControlHeader.quote(control.id()) + " (expected: not under way)");
            }
            return new Accepted(() -> serve(admitted, control, parts.body()), "");
        } catch (RequestPlaneException e) {
            abandon(admitted, "malformed");
            return new Accepted(null, UNAVAILABLE + "malformed request: " + e.getMessage());
        }
    }

    private void serve(Admitted admitted, CallControl control, byte[] payload) {
        TcpAnswer answer = new TcpAnswer(control, answers);
        boolean answered = false;
        try {
            String outcome;
            try {
                outcome = answer(admitted.endpoint(), control, payload, answer);
            } finally {
                admitted.endpoint().underWay().remove(control.id());
            }
            answered = true;
            answer.complete(told -> end(admitted, answer, told ? outcome : untold(outcome)));
        } finally {
            if (!answered) {
                release(admitted);
                answer.close();
            }
        }
    }

    private void end(Admitted admitted, TcpAnswer answer, String outcome) {
        count(admitted.endpoint(), answer.isStalled() ? "caller_stalled" : outcome);
        release(admitted);
        linger(answer);
    }

    private static String untold(String outcome) {
        return outcome.equals("failed") ? outcome : "caller_gone";
    }

    private static String answer(ServedEndpoint endpoint, CallControl control, byte[] payload, TcpAnswer answer) {
        try {
            return handle(endpoint, control, payload, answer);
        } catch (IOException e) {
            LOG.debug("a caller of {} is gone: {}", endpoint.name(), e.toString());
            return "caller_gone";
        }
    }

    private static String handle(ServedEndpoint endpoint, CallControl control, byte[] payload, TcpAnswer answer)
            throws IOException {
        try {
            endpoint.handler()
                    .handle(new EndpointRequest(control.id(), control.codec(), payload, control.metadata()), answer);
            return answer.isStopped() ? "stopped" : "ok";
        } catch (EndpointException e) {
            answer.fail(e.type(), String.valueOf(e.getMessage()));
            return "failed";
        } catch (InterruptedException _) {
            answer.fail(EndpointException.ErrorType.CANCELLED, "the server stops");
            return "failed";
        } catch (RuntimeException e) {
            LOG.error("a request of {} failed", endpoint.name(), e);
            answer.fail(EndpointException.ErrorType.UNKNOWN, "internal error");
            return "failed";
        }
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
