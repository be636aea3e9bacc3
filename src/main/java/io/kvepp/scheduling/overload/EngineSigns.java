package io.kvepp.scheduling.overload;

/// What engines say of how busy they are, by the slot of the rank; 0 where they say nothing.
///
/// Thread-safe.
@FunctionalInterface
public interface EngineSigns {
    /// Cache blocks in use.
    long usedBlocks(int slot);

    /// The share of the cache blocks in use, 0 to 1.
    default double usedShare(int slot) {
        return 0;
    }

    /// Requests that wait there, whoever sent them.
    default int waitingRequests(int slot) {
        return 0;
    }
}
