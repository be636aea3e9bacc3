package io.kvepp.worker.card;

/// The data-parallel ranks of a worker: `start` to `start + size - 1`.
///
/// Immutable.
public record DpRanks(int start, int size) {
    public static final DpRanks ONE = new DpRanks(0, 1);

    public boolean contains(int rank) {
        return rank >= start && rank - start < size;
    }
}
