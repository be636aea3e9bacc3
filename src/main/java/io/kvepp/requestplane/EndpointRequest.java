package io.kvepp.requestplane;

import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.util.Map;

/// One request that reached an endpoint.
///
/// - `id`: the caller's; unique among the requests of the endpoint that are under way
/// - `payload`: the request as it was written in `codec`; the answer is written in the same
/// - `metadata`: what the caller sent beside it, such as `x-dynamo-meta-policy-class`
///
/// Immutable; the array belongs to the handler.
public record EndpointRequest(String id, PayloadCodec codec, byte[] payload, Map<String, String> metadata) {
    public EndpointRequest {
        metadata = Map.copyOf(metadata);
    }
}
