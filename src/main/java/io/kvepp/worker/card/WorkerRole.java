package io.kvepp.worker.card;

/// What a worker does for a model: the card's `worker_type`, or, where that is null, the legacy
/// `Prefill` bit of `model_type`.
public enum WorkerRole {
    AGGREGATED,
    PREFILL,
    DECODE,
    ENCODE
}
