package io.kvepp.kvcache;

/// Where a worker keeps a block, fastest first. Names on the wire: `device`, `host_pinned`, `disk`,
/// `external`.
public enum StorageTier {
    DEVICE(1),
    HOST_PINNED(2),
    DISK(4),
    EXTERNAL(8);

    private final int bit;

    StorageTier(int bit) {
        this.bit = bit;
    }

    /// The tier's bit in a set of tiers.
    int bit() {
        return bit;
    }
}
