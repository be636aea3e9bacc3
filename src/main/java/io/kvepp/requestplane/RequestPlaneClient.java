package io.kvepp.requestplane;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Calls endpoints of workers.
///
/// - [#call] never blocks. The future completes on a thread that others wait for: a dependent action
///   that blocks, or takes long, brings a thread of its own. The result is what each item of the answer carried,
/// undecoded and in order, once
///   the answer ended properly; part of an answer is never given.
/// - [#open] blocks until the worker has begun to answer; it is for virtual threads.
/// - Every failure is a [RequestPlaneException] with a reason. A call beyond the client's limit of
///   calls under way fails at once as REJECTED.
/// - Cancelling the future, or closing the stream, tells the worker to stop and gives the
///   connection back.
///
/// Thread-safe.
public interface RequestPlaneClient extends AutoCloseable {
    /// Sends `payload`, written in the target's codec, and collects the answer. `timeout` is for
    /// all of it.
    CompletableFuture<List<byte[]>> call(RequestTarget target, byte[] payload, Duration timeout);

    /// Sends a request and gives its answer, to be closed by the caller.
    ItemStream open(RequestTarget target, OutgoingRequest request) throws RequestPlaneException;

    /// Ends every call as CANCELLED; later calls fail in the same way.
    @Override
    void close();
}
