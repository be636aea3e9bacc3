package io.kvepp.kvcache;

/// Where a block's content is, as a number: a run's or an alias's id, and the position in it.
///
/// Immutable.
final class Place {
    static final int POSITION_BITS = 9;
    static final int ID_BITS = 26;

    /// Id and position, and a bit that tells an alias from a run.
    static final int BITS = 1 + ID_BITS + POSITION_BITS;

    private static final long ALIAS = 1L << ID_BITS + POSITION_BITS;

    static final long NONE = -1;

    private Place() {}

    static long of(int id, int position) {
        return ((long) id << POSITION_BITS) | position;
    }

    static long ofAlias(int id, int position) {
        return ALIAS | of(id, position);
    }

    static boolean isOfAlias(long place) {
        return (place & ALIAS) != 0;
    }

    static int id(long place) {
        return (int) (place >>> POSITION_BITS) & (1 << ID_BITS) - 1;
    }

    static int position(long place) {
        return (int) place & ((1 << POSITION_BITS) - 1);
    }
}
