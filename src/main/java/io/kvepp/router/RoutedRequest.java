package io.kvepp.router;

import io.kvepp.inference.ResponseScanner;
import io.kvepp.picker.RequestLifecycle;
import io.kvepp.router.prefill.Placement;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// What a routed request holds until it ends: a place at a frontend and, if workers were chosen,
/// their bookings, which follow the response as it passes.
///
/// Thread-safe; the response methods are called by one thread at a time.
final class RoutedRequest implements RequestLifecycle {
    private final FrontendEndpoints.Frontend frontend;
    private final @Nullable Placement placement;
    private final @Nullable OutputBlocks output;
    private final AtomicBoolean open = new AtomicBoolean(true);
    private @Nullable ResponseScanner scanner;
    private boolean prefilling = true;
    private int outputBlocks;

    /// `output` is null when generated tokens are not counted.
    RoutedRequest(FrontendEndpoints.Frontend frontend, @Nullable Placement placement, @Nullable OutputBlocks output) {
        this.frontend = frontend;
        this.placement = placement;
        this.output = output;
    }

    /// A request for which no worker was chosen.
    static RoutedRequest unplaced(FrontendEndpoints.Frontend frontend) {
        return new RoutedRequest(frontend, null, null);
    }

    @Override
    public void responseHeaders(int status, String contentType) {
        frontend.answered(status);
        if (placement != null) {
            placement.progressed();
            scanner = ResponseScanner.of(contentType, output != null);
        }
    }

    @Override
    public void responseBody(ByteBuffer slice, boolean endOfStream) {
        if (placement == null || scanner == null) {
            return;
        }
        placement.progressed();
        scanner.scan(slice, endOfStream);
        if (prefilling && scanner.firstTokenSeen()) {
            prefilling = false;
            placement.firstToken();
        }
        if (output != null) {
            countOutput(placement, output, scanner.tokens());
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

    private void countOutput(Placement booked, OutputBlocks counted, int tokens) {
        int blocks = counted.after(tokens);
        if (blocks > outputBlocks) {
            outputBlocks = blocks;
            booked.generated(blocks, counted.weightAfter(tokens));
        }
    }
}
