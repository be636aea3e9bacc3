package io.kvepp.kvcache;

/// Where a worker keeps a block, fastest first. Names on the wire: `device`, `host_pinned`, `disk`,
/// `external`.
public enum StorageTier {
    DEVICE,
    HOST_PINNED,
    DISK,
    EXTERNAL
}
