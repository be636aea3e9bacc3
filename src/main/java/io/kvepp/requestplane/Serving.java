package io.kvepp.requestplane;

import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.requestplane.TcpRequestPlaneServer.EndpointHandler;
import io.kvepp.requestplane.TcpRequestPlaneServer.QuickHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request that was taken in, until its answer is told.
///
/// Confined to one thread at a time: the loop of the request's connection, then, where something has
/// to be waited for, a virtual thread.
final class Serving {
    private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

    /// A loop has others to serve: what takes long to read is read elsewhere.
    private static final int QUICK_BYTES_MAX = 32 << 10;

    private final ServedEndpoint endpoint;
    private final EndpointRequest request;
    private final TcpAnswer answer;
    private final Ending ending;
    private @Nullable EndpointHandler rest;

    /// Hears how it ended, once, in one of two ways.
    interface Ending {
        /// The answer is on its way, or the caller gone.
        void told(TcpAnswer answer, String outcome);

        /// There is no end of an answer, for a fault of the program.
        void broken(TcpAnswer answer);
    }

    Serving(ServedEndpoint endpoint, EndpointRequest request, TcpAnswer answer, Ending ending) {
        this.endpoint = endpoint;
        this.request = request;
        this.answer = answer;
        this.ending = ending;
    }

    /// Serves it here, if that is quick, else on a thread of its own. On the loop of its connection.
    void start() {
        @Nullable QuickHandler quick = endpoint.quick();
        if (quick == null || request.payload().length > QUICK_BYTES_MAX) {
            serveElsewhere(endpoint.handler());
            return;
        }
        answer.gather(true);
        serve((asked, answered) -> rest = quick.handle(asked, answered));
    }

    private void serveElsewhere(EndpointHandler handler) {
        answer.gather(false);
        Thread.ofVirtual().name("request-plane-serve").start(() -> serve(handler));
    }

    private void serve(EndpointHandler handler) {
        boolean served = false;
        try {
            String outcome = outcome(handler);
            served = true;
            goOn(outcome);
        } finally {
            if (!served) {
                forget();
                ending.broken(answer);
            }
        }
    }

    private void goOn(String outcome) {
        @Nullable EndpointHandler next = rest;
        if (next != null) {
            rest = null;
            serveElsewhere(next);
            return;
        }
        forget();
        answer.complete(told -> ending.told(answer, told ? outcome : untold(outcome)));
    }

    private void forget() {
        endpoint.underWay().remove(request.id());
    }

    private static String untold(String outcome) {
        return outcome.equals("failed") ? outcome : "caller_gone";
    }

    private String outcome(EndpointHandler handler) {
        try {
            return handle(handler);
        } catch (IOException e) {
            LOG.debug("a caller of {} is gone: {}", endpoint.name(), e.toString());
            return "caller_gone";
        }
    }

    private String handle(EndpointHandler handler) throws IOException {
        try {
            handler.handle(request, answer);
            return answer.isStopped() ? "stopped" : "ok";
        } catch (EndpointException e) {
            answer.fail(e.type(), String.valueOf(e.getMessage()));
        } catch (InterruptedException _) {
            answer.fail(ErrorType.CANCELLED, "the server stops");
        } catch (RuntimeException e) {
            LOG.error("a request of {} failed", endpoint.name(), e);
            answer.fail(ErrorType.UNKNOWN, "internal error");
        }
        return "failed";
    }
}
