package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// Merges the symbols of one piece: always the pair of lowest rank, of equal ones the leftmost.
///
/// Source: Sennrich et al. 2016; Hugging Face tokenizers 0.21.4, `word.rs`.
///
/// Confined: one thread at a time. The merges may be shared.
final class MergeEngine {
    /*
     * Short pieces: rank << 7 | position of every adjacent pair in an array, a scan for the smallest. Which symbols are
     * left is a bit each, or a linked list if they are too many. Quadratic, but without overhead, and nearly all pieces
     * are short.
     *
     * Long pieces: the same in a binary heap, as rank << 32 | position. A popped entry is valid if the pair that now
     * starts at its position has its rank: ranks are unique per pair. Every pair that exists is in the heap, so the
     * order is that of the scan; n log n.
     */
    private static final int POSITION_BITS = 7;
    private static final int SCAN_SYMBOLS_MAX = 1 << POSITION_BITS;
    private static final int NO_PAIR = Integer.MAX_VALUE;
    private static final int REMOVED = -1;
    private static final int KEPT_SYMBOLS_MAX = 1 << 16;

    private final PairTable merges;
    private final int[] pairs = new int[SCAN_SYMBOLS_MAX];
    private int[] previous = new int[SCAN_SYMBOLS_MAX];
    private int[] next = new int[SCAN_SYMBOLS_MAX];
    private long[] heap = {};
    private int heapSize;

    MergeEngine(PairTable merges) {
        this.merges = merges;
    }

    /// Merges `symbols` in place and returns how many are left.
    int merge(int[] symbols, int count) {
        return count <= SCAN_SYMBOLS_MAX ? mergeByScan(symbols, count) : mergeByHeap(symbols, count);
    }

    int mergeByScan(int[] symbols, int count) {
        for (int i = 0; i + 1 < count; i++) {
            pairs[i] = pair(symbols[i], symbols[i + 1], i);
        }
        return scan(symbols, count);
    }

    /// Merges what the bytes from `from` on start as, to `symbols`, and returns how many are left.
    /// No byte vanishes.
    int mergeBytes(ByteStarts starts, byte[] text, int from, int count, int[] symbols) {
        int[] ids = starts.ids();
        int last = text[from] & 0xFF;
        symbols[0] = ids[last];
        if (count > SCAN_SYMBOLS_MAX) {
            for (int i = 1; i < count; i++) {
                symbols[i] = ids[text[from + i] & 0xFF];
            }
            return mergeByHeap(symbols, count);
        }
        int[] ranks = starts.ranks();
        for (int i = 1; i < count; i++) {
            int next = text[from + i] & 0xFF;
            symbols[i] = ids[next];
            int rank = ranks[last << Byte.SIZE | next];
            pairs[i - 1] = rank == PairTable.NO_RANK ? NO_PAIR : rank << POSITION_BITS | i - 1;
            last = next;
        }
        return scan(symbols, count);
    }

    /// Merges with the pairs as they are in `pairs`.
    private int scan(int[] symbols, int count) {
        if (count < 2) {
            return count;
        }
        return count <= Long.SIZE ? scanBits(symbols, count) : scanLinks(symbols, count);
    }

    /// Where symbols start is a bit each.
    private int scanBits(int[] symbols, int count) {
        int[] ranked = pairs;
        long starts = -1L >>> (Long.SIZE - count);
        while (true) {
            int smallest = smallest(ranked, count - 1);
            if (smallest == NO_PAIR) {
                return compact(symbols, starts);
            }
            int at = smallest & (SCAN_SYMBOLS_MAX - 1);
            int id = merges.id(smallest >>> POSITION_BITS);
            long behind = starts & -2L << at;
            long right = behind & -behind;
            starts ^= right;
            behind ^= right;
            symbols[at] = id;
            ranked[Long.numberOfTrailingZeros(right)] = NO_PAIR;
            ranked[at] = behind == 0 ? NO_PAIR : pair(id, symbols[Long.numberOfTrailingZeros(behind)], at);
            long before = starts & (1L << at) - 1;
            if (before != 0) {
                int first = Long.SIZE - 1 - Long.numberOfLeadingZeros(before);
                ranked[first] = pair(symbols[first], id, first);
            }
        }
    }

    private static int smallest(int[] ranked, int pairs) {
        int smallest = NO_PAIR;
        for (int i = 0; i < pairs; i++) {
            smallest = Math.min(smallest, ranked[i]);
        }
        return smallest;
    }

    private static int compact(int[] symbols, long starts) {
        int left = 0;
        for (long rest = starts; rest != 0; rest &= rest - 1) {
            symbols[left++] = symbols[Long.numberOfTrailingZeros(rest)];
        }
        return left;
    }

    /// Where symbols start is a linked list.
    private int scanLinks(int[] symbols, int count) {
        int[] ranked = pairs;
        link(count);
        int left = count;
        while (true) {
            int smallest = smallest(ranked, count - 1);
            if (smallest == NO_PAIR) {
                return left == count ? count : compact(symbols, count);
            }
            left--;
            int at = smallest & (SCAN_SYMBOLS_MAX - 1);
            int right = next[at];
            int third = next[right];
            int id = merges.id(smallest >>> POSITION_BITS);
            symbols[at] = id;
            symbols[right] = REMOVED;
            next[at] = third;
            ranked[right] = NO_PAIR;
            ranked[at] = NO_PAIR;
            if (third < count) {
                previous[third] = at;
                ranked[at] = pair(id, symbols[third], at);
            }
            int first = previous[at];
            if (first >= 0) {
                ranked[first] = pair(symbols[first], id, first);
            }
        }
    }

    private int pair(int left, int right, int at) {
        int rank = merges.rank(left, right);
        return rank == PairTable.NO_RANK ? NO_PAIR : rank << POSITION_BITS | at;
    }

    int mergeByHeap(int[] symbols, int count) {
        link(count);
        heapSize = 0;
        for (int i = 0; i + 1 < count; i++) {
            offer(symbols, i, i + 1);
        }
        while (heapSize > 0) {
            long top = pop();
            int at = (int) top;
            int right = next[at];
            if (symbols[at] == REMOVED || right == count) {
                continue;
            }
            int rank = merges.rank(symbols[at], symbols[right]);
            if (rank != top >>> 32) {
                continue;
            }
            symbols[at] = merges.id(rank);
            symbols[right] = REMOVED;
            next[at] = next[right];
            if (next[at] < count) {
                previous[next[at]] = at;
                offer(symbols, at, next[at]);
            }
            if (previous[at] >= 0) {
                offer(symbols, previous[at], at);
            }
        }
        if (next.length > KEPT_SYMBOLS_MAX) {
            next = new int[SCAN_SYMBOLS_MAX];
            previous = new int[SCAN_SYMBOLS_MAX];
            heap = new long[0];
        }
        return compact(symbols, count);
    }

    private void link(int count) {
        if (next.length < count) {
            next = new int[count];
            previous = new int[count];
        }
        for (int i = 0; i < count; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
        }
    }

    private static int compact(int[] symbols, int count) {
        int left = 0;
        for (int i = 0; i < count; i++) {
            if (symbols[i] != REMOVED) {
                symbols[left++] = symbols[i];
            }
        }
        return left;
    }

    private void offer(int[] symbols, int left, int right) {
        int rank = merges.rank(symbols[left], symbols[right]);
        if (rank != PairTable.NO_RANK) {
            push((long) rank << 32 | left);
        }
    }

    private void push(long entry) {
        if (heapSize == heap.length) {
            heap = Arrays.copyOf(heap, Math.max(4 * SCAN_SYMBOLS_MAX, heap.length + (heap.length >> 1)));
        }
        int child = heapSize++;
        while (child > 0) {
            int parent = (child - 1) >>> 1;
            if (heap[parent] <= entry) {
                break;
            }
            heap[child] = heap[parent];
            child = parent;
        }
        heap[child] = entry;
    }

    private long pop() {
        long top = heap[0];
        long last = heap[--heapSize];
        int parent = 0;
        for (int child = 1; child < heapSize; child = 2 * parent + 1) {
            if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
                child++;
            }
            if (last <= heap[child]) {
                break;
            }
            heap[parent] = heap[child];
            parent = child;
        }
        heap[parent] = last;
        return top;
    }
}
