package io.kvepp.kvcache;

/// Where a worker keeps a block, fastest first. Names on the wire: `device`, `host_pinned`, `disk`,
/// `external`.
public enum StorageTier {
    DEVICE(0),
    HOST_PINNED(1),
    DISK(2),
    EXTERNAL(3);

    /// How many tiers there are.
    static final int COUNT = 4;

    private final int number;

    StorageTier(int number) {
        this.number = number;
    }

    /// Counts from 0 in the order of speed.
    int number() {
        return number;
    }
}
