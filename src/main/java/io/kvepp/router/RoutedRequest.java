package io.kvepp.router;

import io.kvepp.inference.ResponseScanner;
import io.kvepp.picker.RequestLifecycle;
import io.kvepp.router.prefill.Placement;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// What a routed request holds until it ends: a place at a frontend and, if workers were chosen,
/// their bookings.
///
/// Thread-safe; the response methods are called by one thread at a time.
final class RoutedRequest implements RequestLifecycle {
    private final FrontendEndpoints.Frontend frontend;
    private final @Nullable Placement placement;
    private final AtomicBoolean open = new AtomicBoolean(true);
    private @Nullable ResponseScanner scanner;

    RoutedRequest(FrontendEndpoints.Frontend frontend, @Nullable Placement placement) {
        this.frontend = frontend;
        this.placement = placement;
    }

    @Override
    public void responseHeaders(int status, String contentType) {
        frontend.answered(status);
        if (placement != null) {
            scanner = new ResponseScanner(contentType);
        }
    }

    @Override
    public void responseBody(ByteBuffer slice, boolean endOfStream) {
        if (placement != null && scanner != null && scanner.sawFirstToken(slice, endOfStream)) {
            placement.firstToken();
            scanner = null;
        }
    }

    @Override
    public void completed() {
        if (open.compareAndSet(true, false)) {
            frontend.leave();
            if (placement != null) {
                placement.release();
            }
        }
    }
}
