package io.kvepp.worker;

/// The endpoint of a worker that tells what one of its ranks holds.
///
/// - `transport`: where it can be called, such as `10.0.0.5:41877/7b/worker_kv_query_source_1f`, or
///   `nats:SUBJECT`
/// - `codec`: how it reads and writes payloads
///
/// Source: Dynamo, `recovery_target` of an `EventSource` record.
///
/// Immutable.
public record RecoveryTarget(String transport, Codec codec) {
    /// What payloads are written in.
    public enum Codec {
        MSGPACK,
        JSON
    }
}
