package io.kvepp.preprocess.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A growing list of token ids.
///
/// Confined: one thread at a time.
final class TokenBuffer {
    /*
     * Ids are in pages, of which only the first one grows: one array for all ids of a very long
     * prompt would be allocated anew many times, and each time so large that the garbage collector
     * comes.
     */
    static final int PAGE_IDS = 1 << 16;

    private final List<int[]> full = new ArrayList<>();
    private int fullIds;
    private int[] ids;
    private int end;

    TokenBuffer(int capacity) {
        ids = new int[Math.max(16, capacity)];
    }

    void add(int id) {
        reserve(1)[end++] = id;
    }

    void addAll(int[] source, int count) {
        System.arraycopy(source, 0, reserve(count), end, count);
        end += count;
    }

    /// The array that is being filled, with room for `count` more from [#end()] on.
    int[] reserve(int count) {
        if (ids.length - end < count) {
            makeRoom(count);
        }
        return ids;
    }

    /// How far the array of [#reserve] is filled.
    int end() {
        return end;
    }

    /// Sets how far it is filled, after writing behind.
    void end(int filled) {
        end = filled;
    }

    /// Forgets all ids, and the array if it is larger than a page.
    void clear() {
        full.clear();
        fullIds = 0;
        end = 0;
        if (ids.length > PAGE_IDS) {
            ids = new int[PAGE_IDS];
        }
    }

    /// Forgets the ids behind the first `size`.
    void cutTo(int size) {
        while (size < fullIds) {
            ids = full.removeLast();
            fullIds -= ids.length;
        }
        end = size - fullIds;
    }

    int size() {
        return fullIds + end;
    }

    int[] toArray() {
        int[] all = Arrays.copyOf(full.isEmpty() ? ids : full.getFirst(), size());
        int at = full.isEmpty() ? end : full.getFirst().length;
        for (int i = 1; i < full.size(); i++) {
            System.arraycopy(full.get(i), 0, all, at, full.get(i).length);
            at += full.get(i).length;
        }
        System.arraycopy(ids, 0, all, at, size() - at);
        return all;
    }

    private void makeRoom(int count) {
        if (end + count <= PAGE_IDS || end == 0) {
            ids = Arrays.copyOf(ids, Math.max(end + count, Math.min(PAGE_IDS, 2 * ids.length)));
        } else {
            full.add(end == ids.length ? ids : Arrays.copyOf(ids, end));
            fullIds += end;
            ids = new int[Math.max(PAGE_IDS, count)];
            end = 0;
        }
    }
}
