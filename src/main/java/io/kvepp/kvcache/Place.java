package io.kvepp.kvcache;

/// Where a block's content is, as a number: a run's or an alias's id, and the position in it.
///
/// Immutable.
final class Place {
    static final int POSITION_BITS = 10;
    static final int ID_BITS = 26;
    static final int BITS = ID_BITS + POSITION_BITS;
    static final long NONE = -1;

    private Place() {}

    static long of(int id, int position) {
        return ((long) id << POSITION_BITS) | position;
    }

    static int id(long place) {
        return (int) (place >>> POSITION_BITS);
    }

    static int position(long place) {
        return (int) place & ((1 << POSITION_BITS) - 1);
    }
}
