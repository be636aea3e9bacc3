package io.kvepp.requestplane;

import org.jspecify.annotations.Nullable;

/// An answer that is read as it arrives.
///
/// - Nothing is read ahead but what the connection holds: a reader that is slow slows the worker.
/// - After null, or a failure, there is nothing more to read.
///
/// [#next] is confined to one thread at a time; [#stop] and [#close] are for any thread.
public interface ItemStream extends AutoCloseable {
    /// What the next item carries, undecoded; null after the last. Waits for the worker, as long as
    /// the request allows it to be silent.
    byte @Nullable [] next() throws RequestPlaneException;

    /// Asks the worker to end the answer; what it still sends can be read.
    void stop();

    /// Ends the answer, and tells the worker so unless it was complete.
    @Override
    void close();
}
