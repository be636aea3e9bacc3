package io.kvepp.worker;

/// Where requests for a worker are sent over Dynamo's request plane.
///
/// - `transport`: such as `10.0.0.5:41877/7b/dynamo/backend/generate`, as it was announced, or
///   `nats:SUBJECT`
/// - `codec`: how payloads are written
///
/// Immutable.
public record RequestAddress(String transport, RecoveryTarget.Codec codec) {}
