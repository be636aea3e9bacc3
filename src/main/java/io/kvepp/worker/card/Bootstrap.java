package io.kvepp.worker.card;

/// Where a prefill worker hands its KV cache over while it is still being computed.
///
/// Source: Dynamo's model runtime configuration, `disaggregated_endpoint`.
///
/// Immutable.
public record Bootstrap(String host, int port) {}
