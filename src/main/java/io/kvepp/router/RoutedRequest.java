package io.kvepp.router;

import io.kvepp.inference.ResponseScanner;
import io.kvepp.kvcache.routed.PrefixFinder.Undo;
import io.kvepp.picker.RequestLifecycle;
import io.kvepp.router.prefill.Placement;
import io.kvepp.scheduling.WorkerHealth;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// What a routed request holds until it ends: a place at a frontend and, if workers were chosen,
/// their bookings, which follow the response as it passes.
///
/// Thread-safe; the response methods are called by one thread at a time.
final class RoutedRequest implements RequestLifecycle {
    private static final int SERVER_ERROR = 500;

    private final FrontendEndpoints.Frontend frontend;
    private final @Nullable Placement placement;
    private final @Nullable OutputBlocks output;
    private final WorkerHealth health;
    private final List<Undo> undos = new ArrayList<>(2);
    private final AtomicBoolean open = new AtomicBoolean(true);
    private @Nullable ResponseScanner scanner;
    private boolean prefilling = true;
    private boolean failed;
    private int outputBlocks;

    /// `output` is null when generated tokens are not counted.
    RoutedRequest(
            FrontendEndpoints.Frontend frontend,
            @Nullable Placement placement,
            @Nullable OutputBlocks output,
            WorkerHealth health) {
        this.frontend = frontend;
        this.placement = placement;
        this.output = output;
        this.health = health;
    }

    @Override
    public void responseHeaders(int status, String contentType) {
        frontend.answered(status);
        if (placement != null) {
            placement.progressed();
            scanner = ResponseScanner.of(contentType, output != null);
            if (status >= SERVER_ERROR) {
                fail(placement);
            }
        }
    }

    @Override
    public void responseBody(ByteBuffer slice, boolean endOfStream) {
        if (placement == null || scanner == null) {
            return;
        }
        placement.progressed();
        scanner.scan(slice, endOfStream);
        if (scanner.failed()) {
            fail(placement);
        }
        if (prefilling && scanner.firstTokenSeen()) {
            prefilling = false;
            placement.firstToken();
            if (!failed) {
                placement.forEachSlot(health::succeeded);
            }
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

    @Override
    public void withdrawn() {
        if (open.compareAndSet(true, false)) {
            frontend.leave();
            undos.forEach(Undo::undo);
            if (placement != null) {
                placement.withdraw();
            }
        }
    }

    /// What is to be taken back if the request is not sent after all. Called before the pick is
    /// answered.
    void onWithdrawal(Undo undo) {
        undos.add(undo);
    }

    /// Where it runs; null when no worker was chosen.
    @Nullable
    Placement placement() {
        return placement;
    }

    /// Who is at fault where there are two workers the answer does not tell; the innocent one is
    /// cleared by its other requests.
    private void fail(Placement placed) {
        if (!failed) {
            failed = true;
            placed.forEachSlot(health::failed);
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
