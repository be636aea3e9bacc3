package io.kvepp.router;

import io.kvepp.inference.ResponseScanner;
import io.kvepp.kvcache.routed.PrefixFinder.Undo;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.RequestLifecycle;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.reuse.ReuseWatch;
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
    private volatile @Nullable Placed placed;
    private final WorkerHealth health;
    private final List<Undo> undos = new ArrayList<>(2);
    private final AtomicBoolean open = new AtomicBoolean(true);
    private @Nullable ResponseScanner scanner;
    private boolean prefilling = true;
    private boolean failed;
    private boolean elsewhere;
    private int outputBlocks;

    /// What was chosen and booked. `output` is null when generated tokens are not counted, `reuse`
    /// when nothing can be learnt of what the engine reuses, `fallbacks` when the worker is asked
    /// whichever endpoint takes the request.
    record Placed(
            Placement placement,
            PromptDrain drain,
            @Nullable OutputBlocks output,
            @Nullable ReuseWatch reuse,
            @Nullable EngineFallbacks fallbacks) {}

    /// `placed` is null when no worker was chosen.
    RoutedRequest(FrontendEndpoints.Frontend frontend, @Nullable Placed placed, WorkerHealth health) {
        this.frontend = frontend;
        this.placed = placed;
        this.health = health;
    }

    @Override
    public void servedBy(String endpoint) {
        if (EndpointSubset.canonical(endpoint).equals(EndpointSubset.canonical(frontend.endpoint()))) {
            return;
        }
        elsewhere = true;
        frontend.failed();
        @Nullable Placed chosen = placed;
        if (chosen != null && chosen.fallbacks() != null) {
            takeOver(chosen, chosen.fallbacks(), endpoint);
        }
    }

    /// Nothing of the request is left with an engine that did not answer.
    private synchronized void takeOver(Placed from, EngineFallbacks fallbacks, String endpoint) {
        if (!open.get()) {
            return;
        }
        health.failed(from.placement().decode().chosen().slot());
        undos.removeLast().undo();
        if (from.reuse() != null) {
            from.reuse().close(false, -1);
        }
        EngineFallbacks.@Nullable Takeover takeover = fallbacks.takenOver(endpoint, from.placement());
        if (takeover == null) {
            from.placement().withdraw();
            from.drain().released();
            placed = null;
        } else {
            undos.add(takeover.undo());
            placed = new Placed(takeover.placement(), from.drain(), from.output(), null, null);
        }
    }

    @Override
    public void responseHeaders(int status, String contentType) {
        if (!elsewhere) {
            frontend.answered(status);
        }
        @Nullable Placed running = placed;
        if (running != null) {
            running.placement().progressed();
            scanner = ResponseScanner.of(contentType, running.output() != null);
            if (status >= SERVER_ERROR) {
                fail(running.placement());
            }
        }
    }

    @Override
    public void responseBody(ByteBuffer slice, boolean endOfStream) {
        @Nullable Placed running = placed;
        if (running == null || scanner == null) {
            return;
        }
        running.placement().progressed();
        scanner.scan(slice, endOfStream);
        if (scanner.failed()) {
            fail(running.placement());
        }
        if (prefilling && scanner.firstTokenSeen()) {
            prefilling = false;
            firstToken(running);
        }
        if (running.output() != null) {
            countOutput(running.placement(), running.output(), scanner.tokens());
        }
    }

    @Override
    public void completed() {
        if (open.compareAndSet(true, false)) {
            frontend.leave();
            @Nullable Placed last = last();
            if (last != null) {
                last.placement().release();
                last.drain().released();
                if (last.reuse() != null) {
                    last.reuse()
                            .close(
                                    !prefilling && !failed,
                                    scanner == null ? -1 : scanner.usage().cached());
                }
            }
        }
    }

    @Override
    public void withdrawn() {
        if (open.compareAndSet(true, false)) {
            frontend.leave();
            @Nullable Placed last = last();
            undos.forEach(Undo::undo);
            if (last != null) {
                last.placement().withdraw();
                last.drain().released();
                if (last.reuse() != null) {
                    last.reuse().close(false, -1);
                }
            }
        }
    }

    /// Once closed: what holds whatever was going on meanwhile.
    private synchronized @Nullable Placed last() {
        return placed;
    }

    /// What is to be taken back if the request is not sent after all. Called before the pick is
    /// answered.
    void onWithdrawal(Undo undo) {
        undos.add(undo);
    }

    /// Where it runs; null when no worker was chosen.
    @Nullable
    Placement placement() {
        @Nullable Placed chosen = placed;
        return chosen == null ? null : chosen.placement();
    }

    private void firstToken(Placed workers) {
        workers.placement().firstToken();
        if (!failed) {
            workers.drain().computed();
            workers.placement().forEachSlot(health::succeeded);
        }
    }

    /// Who is at fault where there are two workers the answer does not tell; the innocent one is
    /// cleared by its other requests.
    private void fail(Placement booked) {
        if (!failed) {
            failed = true;
            booked.forEachSlot(health::failed);
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
