package io.kvepp.requestplane;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// Brings requests to workers that take them at a subject of a NATS server. Answers come back over
/// TCP all the same.
///
/// Source: Dynamo `lib/runtime/src/pipeline/network/ingress/nats_server`.
///
/// Thread-safe.
@FunctionalInterface
public interface RequestCarrier {
    /// Reaches nobody.
    RequestCarrier NONE = (subject, _, _) -> CompletableFuture.failedFuture(
            new IOException("subject: " + subject + " (expected: a worker that is called over TCP)"));

    /// Brings a message to whoever listens at the subject, and gives what it answers at once: nothing
    /// when it takes the request. Never blocks; the future fails when nobody listens or answers
    /// within `timeout`.
    CompletableFuture<byte[]> carry(String subject, byte[] message, Duration timeout);
}
