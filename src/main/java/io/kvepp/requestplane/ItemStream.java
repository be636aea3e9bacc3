package io.kvepp.requestplane;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// An answer that is read as it arrives.
///
/// - Little is read ahead: a reader that is slow slows the worker.
/// - After null, or a failure, there is nothing more to read.
///
/// [#next] and [#each] are confined to one thread at a time; [#stop] and [#close] are for any thread.
public interface ItemStream extends AutoCloseable {
    /// Takes the items of an answer, one at a time.
    @FunctionalInterface
    interface Taker {
        /// Called on a thread that serves other streams too: it does not block. Null when the next
        /// item may come, else what completes when it may; when that fails, no more are given.
        @Nullable
        CompletableFuture<Void> take(byte[] item);
    }

    /// What the next item carries, undecoded; null after the last. Waits for the worker, as long as
    /// the request allows it to be silent.
    byte @Nullable [] next() throws RequestPlaneException;

    /// Has all further items taken, and waits until the last has been.
    ///
    /// @throws java.util.concurrent.CompletionException with what the taker failed with
    void each(Taker taker) throws RequestPlaneException;

    /// Asks the worker to end the answer; what it still sends can be read.
    void stop();

    /// Ends the answer, and tells the worker so unless it was complete.
    @Override
    void close();
}
