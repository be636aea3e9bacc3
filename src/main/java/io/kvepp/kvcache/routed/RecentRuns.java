package io.kvepp.kvcache.routed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The blocks of one rank, each with the moment it expires, the decision that made it and how many
/// decisions stand for it, in the order they were last touched. A prompt is touched from its last
/// block to its first.
///
/// Moments and the numbers of decisions never go down from one touch to the next. Blocks are known by
/// hashes that say all that comes before them in the prompt.
///
/// Confined to whoever guards it.
final class RecentRuns {
    /*
     * Blocks that were always touched together are one run: a stretch of a prompt, found by the hash of its first
     * block, that is cut in two where prompts part. What a prompt costs is so a comparison and at most one copy of its
     * hashes, not a search for each of its blocks. A run never lives longer than the run before it in the prompt,
     * since whatever touches it touches that one afterwards. So the oldest run's last block is the first to go.
     */
    private final Map<Long, Run> byFirst = new HashMap<>();
    private final Map<Long, Run> byLast = new HashMap<>();
    private final List<Run> path = new ArrayList<>();
    private @Nullable Run oldest;
    private @Nullable Run newest;
    private int size;

    /// Blocks that follow each other in a prompt: `length` of the hashes, 0 once it is removed.
    ///
    /// - `before`: ends where it begins; null at the beginning of a prompt
    /// - `maker`: the decision that made it; `standing`: how many stand for it
    /// - `older`, `newer`: its neighbours in the order of touches
    private static final class Run {
        private long[] hashes;
        private int length;
        private @Nullable Run before;
        private final long maker;
        private int expiry;
        private int standing;
        private @Nullable Run older;
        private @Nullable Run newer;

        Run(long[] hashes, @Nullable Run before, long maker, int expiry, int standing) {
            this.hashes = hashes;
            length = hashes.length;
            this.before = before;
            this.maker = maker;
            this.expiry = expiry;
            this.standing = standing;
        }

        long first() {
            return hashes[0];
        }

        long last() {
            return hashes[length - 1];
        }

        /// How many of its blocks `blocks` goes on with at `from`, up to `end`.
        int same(long[] blocks, int from, int end) {
            int most = Math.min(length, end - from);
            int different = Arrays.mismatch(hashes, 0, most, blocks, from, from + most);
            return different < 0 ? most : different;
        }
    }

    /// How many blocks there are.
    int size() {
        return size;
    }

    /// Touches the first `count` blocks of a prompt; returns how many of them were there already, from
    /// the first on.
    int touch(long[] blocks, int count, int expiry, long decision) {
        path.clear();
        return touchFrom(null, blocks, count, expiry, decision);
    }

    /// Touches blocks that follow the block `parent`, and all before it; returns how many of them were
    /// there already, -1 if the parent is not, and nothing happens.
    int touchAfter(long parent, long[] blocks, int expiry, long decision) {
        @Nullable Run before = endingAt(parent);
        if (before == null) {
            return -1;
        }
        path.clear();
        for (Run run = before; run != null && run.length > 0; run = run.before) {
            path.addFirst(run);
        }
        return touchFrom(before, blocks, blocks.length, expiry, decision);
    }

    /// Takes back that a decision touched the first `count` blocks. Those of them go for which no other
    /// decision stands: to `removed`, from the last one on; returns how many. Blocks that were gone
    /// meanwhile and came again have nothing to do with the decision.
    int untouch(long[] blocks, int count, long decision, long[] removed) {
        path.clear();
        int at = 0;
        @Nullable Run run = count == 0 ? null : byFirst.get(blocks[0]);
        while (run != null && run.maker <= decision && run.same(blocks, at, count) == run.length) {
            path.add(run);
            at += run.length;
            run = at == count ? null : byFirst.get(blocks[at]);
        }
        int gone = 0;
        for (int i = path.size() - 1; i >= 0; i--) {
            Run touched = path.get(i);
            touched.standing--;
            if (touched.standing == 0) {
                gone = shorten(touched, touched.length, removed, gone);
            }
        }
        path.clear();
        return gone;
    }

    /// Takes away the blocks touched longest ago that expire at `moment` or before, to `removed`, as
    /// many as fit; returns how many.
    int removeOldest(long moment, long[] removed) {
        int gone = 0;
        while (oldest != null && oldest.expiry <= moment && gone < removed.length) {
            gone = shorten(oldest, Math.min(oldest.length, removed.length - gone), removed, gone);
        }
        return gone;
    }

    /// The path leads to `before`, if there is one.
    private int touchFrom(@Nullable Run before, long[] blocks, int count, int expiry, long decision) {
        @Nullable Run last = before;
        int known = 0;
        @Nullable Run next = count == 0 ? null : byFirst.get(blocks[0]);
        while (next != null) {
            last = headOf(next, next.same(blocks, known, count));
            path.add(last);
            known += last.length;
            next = known == count ? null : byFirst.get(blocks[known]);
        }
        if (known < count) {
            add(new Run(Arrays.copyOfRange(blocks, known, count), last, decision, expiry, 1));
        }
        for (int i = path.size() - 1; i >= 0; i--) {
            moveToEnd(path.get(i), expiry);
        }
        path.clear();
        return known;
    }

    private void add(Run run) {
        byFirst.put(run.first(), run);
        byLast.put(run.last(), run);
        size += run.length;
        append(run);
    }

    private void moveToEnd(Run run, int expiry) {
        unlink(run);
        run.expiry = expiry;
        run.standing += run.standing == Integer.MAX_VALUE ? 0 : 1;
        append(run);
    }

    /// The run's first `length` blocks as a run, at least one. The run itself becomes what is left, so
    /// that those that follow it still do.
    private Run headOf(Run run, int length) {
        if (length == run.length) {
            return run;
        }
        Run head = new Run(Arrays.copyOf(run.hashes, length), run.before, run.maker, run.expiry, run.standing);
        run.hashes = Arrays.copyOfRange(run.hashes, length, run.length);
        run.length = run.hashes.length;
        run.before = head;
        byFirst.put(head.first(), head);
        byLast.put(head.last(), head);
        byFirst.put(run.first(), run);
        head.older = run;
        head.newer = run.newer;
        if (run.newer == null) {
            newest = head;
        } else {
            run.newer.older = head;
        }
        run.newer = head;
        return head;
    }

    /// The run that ends with this block, cut there if it goes on.
    private @Nullable Run endingAt(long hash) {
        @Nullable Run ending = byLast.get(hash);
        if (ending != null) {
            return ending;
        }
        @Nullable Run run = holding(hash);
        return run == null ? null : headOf(run, indexIn(run, hash) + 1);
    }

    /// Looks at every block of the rank, of which there are as many as the rank may have. Rare: most of
    /// what follows a block follows the last one of a run.
    private @Nullable Run holding(long hash) {
        @Nullable Run run = newest;
        while (run != null && indexIn(run, hash) < 0) {
            run = run.older;
        }
        return run;
    }

    private static int indexIn(Run run, long hash) {
        for (int i = 0; i < run.length; i++) {
            if (run.hashes[i] == hash) {
                return i;
            }
        }
        return -1;
    }

    /// Takes the run's last `count` blocks away and writes them behind the `at` that `removed` has.
    private int shorten(Run run, int count, long[] removed, int at) {
        byLast.remove(run.last(), run);
        for (int i = 0; i < count; i++) {
            removed[at + i] = run.hashes[run.length - 1 - i];
        }
        run.length -= count;
        size -= count;
        if (run.length == 0) {
            byFirst.remove(run.first(), run);
            unlink(run);
        } else {
            byLast.put(run.last(), run);
            if (2 * run.length < run.hashes.length) {
                run.hashes = Arrays.copyOf(run.hashes, run.length);
            }
        }
        return at + count;
    }

    private void append(Run run) {
        run.older = newest;
        run.newer = null;
        if (newest == null) {
            oldest = run;
        } else {
            newest.newer = run;
        }
        newest = run;
    }

    private void unlink(Run run) {
        if (run.older == null) {
            oldest = run.newer;
        } else {
            run.older.newer = run.newer;
        }
        if (run.newer == null) {
            newest = run.older;
        } else {
            run.newer.older = run.older;
        }
    }
}
