package io.kvepp.requestplane;

import org.jspecify.annotations.Nullable;

/// An endpoint of a worker, as discovery advertises it.
///
/// - `transport`: `127.0.0.1:39015/f1b6/dynamo/backend/generate`, optionally after `tcp://`: a
///   literal address, then the path that routes within the worker, which is taken as it is; or
///   `nats:dynamo_backend.generate-f1b6`: a subject
/// - `codec`: how the endpoint reads requests and writes answers; a record without one means JSON
///
/// Nothing is checked here: a call to a target that cannot be read completes with
/// [RequestPlaneException.Reason#MALFORMED].
///
/// Immutable.
public record RequestTarget(String transport, PayloadCodec codec) {
    private static final String SUBJECT = "nats:";

    /// How payloads are written.
    public enum PayloadCodec {
        MSGPACK,
        JSON
    }

    /// Where a NATS server takes requests for it, null when it is called over TCP.
    @Nullable
    String subject() {
        return transport.startsWith(SUBJECT) ? transport.substring(SUBJECT.length()) : null;
    }
}
