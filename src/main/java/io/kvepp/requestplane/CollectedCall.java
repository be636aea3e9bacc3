package io.kvepp.requestplane;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// A call whose items are given together.
///
/// [#run] is confined to one thread; the answer is heard on the loop of its connection.
final class CollectedCall {
    private final TcpCall call;
    private final long bytesMax;
    private final CompletableFuture<List<byte[]>> result = new CompletableFuture<>();
    private final List<byte[]> items = new ArrayList<>();
    private long bytes;

    CollectedCall(TcpCall call, long bytesMax) {
        this.call = call;
        this.bytesMax = bytesMax;
    }

    /// Sends the request; gives what the answer will be, as [RequestPlaneClient#call] does.
    CompletableFuture<List<byte[]>> run() {
        CompletableFuture<Void> end = new CompletableFuture<>();
        // Completed by someone else, the call is of no use any more.
        var _ = result.whenComplete((_, failure) -> {
            if (failure != null) {
                call.close();
            }
        });
        var _ = end.whenComplete((_, failure) -> {
            // Before the result: whoever waits for it may make the next call at once.
            call.close();
            tell(failure);
        });
        try {
            call.giveTo(this::take, end);
            call.send();
        } catch (RuntimeException e) {
            result.completeExceptionally(e);
            call.close();
        }
        return result;
    }

    private @Nullable CompletableFuture<Void> take(byte[] item) {
        bytes += TwoPart.LENGTHS_BYTES + item.length;
        try {
            TwoPart.checkLength("answer", bytes, bytesMax);
        } catch (RequestPlaneException e) {
            return CompletableFuture.failedFuture(e);
        }
        items.add(item);
        return null;
    }

    private void tell(@Nullable Throwable failure) {
        if (failure == null) {
            result.complete(List.copyOf(items));
        } else {
            result.completeExceptionally(
                    failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure);
        }
    }
}
