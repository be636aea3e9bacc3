package io.kvepp.routerservice.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends the index, which is too large to be held in memory as text; one at a time.
///
/// Thread-safe.
final class IndexPage {
    private static final Logger LOG = LoggerFactory.getLogger(IndexPage.class);
    private static final int BUFFER_BYTES = 64 << 10;

    private final SelectionServer.Dump dump;
    private final Semaphore underWay = new Semaphore(1);

    IndexPage(SelectionServer.Dump dump) {
        this.dump = dump;
    }

    /// Whether the caller may have it.
    ///
    /// @throws HttpFault when not
    Reply answer(Call call) throws HttpFault {
        if (!dump.mayAsk().test(call.exchange().getRemoteAddress().getAddress())) {
            throw new HttpFault(403, "client: another machine (expected: this one, or --dump-remote)");
        }
        return new Reply.Index();
    }

    /// False when another one is under way, and nothing was sent. What fails is thrown, so that the
    /// server breaks the connection: an end in the middle must not look like the end.
    boolean send(HttpExchange exchange) throws IOException {
        if (!underWay.tryAcquire()) {
            return false;
        }
        try {
            exchange.getResponseHeaders().set("content-type", "application/json");
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(HttpResponse.OK, -1);
            } else {
                exchange.sendResponseHeaders(HttpResponse.OK, 0);
                BufferedOutputStream out = new BufferedOutputStream(exchange.getResponseBody(), BUFFER_BYTES);
                dump.index().writeTo(out);
                out.flush();
            }
        } catch (RuntimeException e) {
            LOG.error("dump failed", e);
            throw e;
        } finally {
            underWay.release();
        }
        exchange.close();
        return true;
    }
}
