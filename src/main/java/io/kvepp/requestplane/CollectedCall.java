package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestPlaneException.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// A call whose items are given together.
///
/// [#run] is confined to one thread, which may block.
final class CollectedCall {
    private final TcpCall call;
    private final CallResources resources;
    private final CompletableFuture<List<byte[]>> result = new CompletableFuture<>();

    CollectedCall(TcpCall call, CallResources resources) {
        this.call = call;
        this.resources = resources;
    }

    CompletableFuture<List<byte[]>> result() {
        return result;
    }

    void run(Duration timeout) {
        // Completed by someone else, the call may wait on a connection that has to be closed.
        var _ = result.whenComplete((_, failure) -> {
            if (failure != null) {
                Thread.ofVirtual().name("request-plane-end").start(call::close);
            }
        });
        try (var _ = resources
                .deadlines()
                .start(
                        timeout,
                        () -> call.fail(Reason.TIMEOUT, "call: not complete (expected: within " + timeout + ")"))) {
            call.open();
            List<byte[]> items = items();
            // Before the result: whoever waits for it may make the next call at once.
            call.close();
            result.complete(items);
        } catch (RequestPlaneException | RuntimeException e) {
            call.close();
            result.completeExceptionally(e);
        }
    }

    private List<byte[]> items() throws RequestPlaneException {
        List<byte[]> items = new ArrayList<>();
        long responseBytes = 0;
        for (byte[] item = call.next(); item != null; item = call.next()) {
            responseBytes += TwoPart.LENGTHS_BYTES + item.length;
            TwoPart.checkLength("answer", responseBytes, resources.config().responseBytesMax());
            items.add(item);
        }
        return List.copyOf(items);
    }
}
