package io.kvepp.requestplane;

import java.time.Duration;
import java.util.Map;

/// A request whose answer is read as it arrives.
///
/// - `id`: names the request to the worker; unique among those it serves
/// - `payload`: in the target's codec
/// - `metadata`: sent beside it
/// - `silenceMax`: how long the worker may send nothing
///
/// Immutable; the array is not changed by anyone.
public record OutgoingRequest(String id, byte[] payload, Map<String, String> metadata, Duration silenceMax) {
    public OutgoingRequest {
        metadata = Map.copyOf(metadata);
    }
}
