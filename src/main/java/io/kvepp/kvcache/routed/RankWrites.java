package io.kvepp.kvcache.routed;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The blocks that one rank counts as holding, and what its index has not been told of them yet: of
/// very long prompts, it hears piece by piece.
///
/// Confined to whoever guards it.
final class RankWrites {
    private final WorkerWithDpRank worker;
    private final RecentRuns runs = new RecentRuns();
    private final Deque<Write> waiting = new ArrayDeque<>();
    private boolean applying;

    /// Blocks from `from` to `to` of `sequence`, stored, or removed where there is no `local`.
    private record Write(OptionalLong parent, long[] sequence, long @Nullable [] local, int from, int to) {
        private KvCacheEvent event() {
            long[] blocks = part(sequence);
            return local == null
                    ? new KvCacheEvent.Removed(blocks)
                    : new KvCacheEvent.Stored(parent, blocks, part(local));
        }

        private long[] part(long[] hashes) {
            return from == 0 && to == hashes.length ? hashes : Arrays.copyOfRange(hashes, from, to);
        }

        private Write until(int end) {
            return new Write(parent, sequence, local, from, end);
        }

        private Write behind(int start) {
            return new Write(OptionalLong.of(sequence[start - 1]), sequence, local, start, to);
        }
    }

    RankWrites(WorkerWithDpRank worker) {
        this.worker = worker;
    }

    WorkerWithDpRank worker() {
        return worker;
    }

    RecentRuns runs() {
        return runs;
    }

    /// The blocks from `known` to `count` are held now, the first ones of which follow `parent`.
    void stored(OptionalLong parent, long[] sequence, long[] local, int known, int count) {
        if (known < count) {
            waiting.add(new Write(
                    known == 0 ? parent : OptionalLong.of(sequence[known - 1]), sequence, local, known, count));
        }
    }

    /// The first `count` of these are held no longer.
    void removed(long[] hashes, int count) {
        if (count > 0) {
            waiting.add(new Write(OptionalLong.empty(), hashes, null, 0, count));
        }
    }

    /// What the index is to be told next, of at most so many blocks; null when it knows all.
    @Nullable
    KvCacheEvent next(int blocksMax) {
        @Nullable Write first = waiting.poll();
        if (first == null || first.to() - first.from() <= blocksMax) {
            return first == null ? null : first.event();
        }
        int end = first.from() + blocksMax;
        waiting.addFirst(first.behind(end));
        return first.until(end).event();
    }

    boolean isAllTold() {
        return waiting.isEmpty();
    }

    /// Nothing more is to be told.
    void forget() {
        waiting.clear();
    }

    /// Whether somebody is telling the index, piece by piece; nobody else may meanwhile.
    boolean isApplying() {
        return applying;
    }

    void applying(boolean now) {
        applying = now;
    }
}
