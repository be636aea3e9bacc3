package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// Merges the symbols of one piece: always the pair of lowest rank, of equal ones the leftmost.
///
/// Source: Sennrich et al. 2016; Hugging Face tokenizers 0.21.4, `word.rs`.
///
/// Confined: one thread at a time. The merges may be shared.
final class MergeEngine {
    /*
     * Short pieces: rank of every adjacent pair in an array, a scan for the smallest, one shift per merge.
     * Quadratic, but without overhead, and nearly all pieces are short.
     *
     * Long pieces: symbols in a linked list, pairs in a binary heap as rank << 32 | position. A popped entry is
     * valid if the pair that now starts at its position has its rank: ranks are unique per pair. Every pair that
     * exists is in the heap, so the order is that of the scan; n log n.
     */
    private static final int SCAN_SYMBOLS_MAX = 64;
    private static final int REMOVED = -1;

    private final PairTable merges;
    private final long[] pairs = new long[SCAN_SYMBOLS_MAX];
    private int[] previous = {};
    private int[] next = {};
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
        int left = count;
        for (int i = 0; i + 1 < left; i++) {
            pairs[i] = merges.get(symbols[i], symbols[i + 1]);
        }
        while (left > 1) {
            int at = indexOfSmallest(left - 1);
            if (pairs[at] == PairTable.NONE) {
                break;
            }
            symbols[at] = (int) pairs[at];
            left--;
            System.arraycopy(symbols, at + 2, symbols, at + 1, left - at - 1);
            if (at + 1 < left) {
                System.arraycopy(pairs, at + 2, pairs, at + 1, left - at - 2);
                pairs[at] = merges.get(symbols[at], symbols[at + 1]);
            }
            if (at > 0) {
                pairs[at - 1] = merges.get(symbols[at - 1], symbols[at]);
            }
        }
        return left;
    }

    private int indexOfSmallest(int count) {
        int at = 0;
        long smallest = pairs[0];
        for (int i = 1; i < count; i++) {
            if (pairs[i] < smallest) {
                smallest = pairs[i];
                at = i;
            }
        }
        return at;
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
            long merge = merges.get(symbols[at], symbols[right]);
            if (merge == PairTable.NONE || merge >>> 32 != top >>> 32) {
                continue;
            }
            symbols[at] = (int) merge;
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
        long merge = merges.get(symbols[left], symbols[right]);
        if (merge != PairTable.NONE) {
            push((merge & 0xFFFFFFFF00000000L) | left);
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
