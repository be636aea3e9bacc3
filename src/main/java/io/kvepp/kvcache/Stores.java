package io.kvepp.kvcache;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Applies stored events.
///
/// Confined to the index's writer.
final class Stores {
    private static final long[] NOTHING = {};

    private final IndexLimits limits;
    private final Content content;
    private final NameTables tables;
    private final Names names;
    private final Holdings holdings;
    private final Rejections rejections;
    private final Phase phase;

    // The event under way, and where it has come to: `next` is the block after `position` blocks of `node`.
    private int tier;
    private long[] externals = NOTHING;
    private long[] locals = NOTHING;
    private int next;
    private @Nullable Node node;
    private int position;

    Stores(
            IndexLimits limits,
            Content content,
            NameTables tables,
            Names names,
            Holdings holdings,
            Rejections rejections,
            Phase phase) {
        this.limits = limits;
        this.content = content;
        this.tables = tables;
        this.names = names;
        this.holdings = holdings;
        this.rejections = rejections;
        this.phase = phase;
    }

    void store(Rank storing, int storageTier, KvCacheEvent.Stored event) {
        tier = storageTier;
        externals = event.blockHashes();
        locals = event.tokensHashes();
        next = 0;
        node = null;
        position = 0;
        phase.beforeStore();
        if (event.parentHash().isPresent()
                && !goBehind(storing, event.parentHash().getAsLong())) {
            rejections.unknownParents++;
        } else {
            while (next < locals.length && step(storing)) {}
        }
        node = null;
        externals = NOTHING;
        locals = NOTHING;
    }

    private boolean goBehind(Rank rank, long parent) {
        long place = names.find(rank, parent);
        if (place == Place.NONE) {
            return false;
        }
        Node found = names.found();
        node = found;
        position = Place.position(place) - found.from + 1;
        return true;
    }

    /// False when the event ends here.
    private boolean step(Rank rank) {
        Node at = node;
        if (at != null && position < at.length()) {
            int same = commonBlocks(at);
            if (same > 0) {
                return holdKnown(rank, at, same);
            }
            if (!content.hasRoom()) {
                return refuse(rank);
            }
            node = content.split(at, position);
        }
        Kids kids = content.kidsOf(node);
        Node kid = kids == null ? null : kids.find(locals[next]);
        if (kid != null) {
            node = kid;
            position = 0;
            return true;
        }
        return append(rank);
    }

    /// How many blocks of the event the node goes on with.
    private int commonBlocks(Node at) {
        int count = Math.min(at.length() - position, locals.length - next);
        int from = at.base + position;
        int different = Arrays.mismatch(locals, next, next + count, at.memory, from, from + count);
        return different < 0 ? count : different;
    }

    private boolean holdKnown(Rank rank, Node at, int count) {
        int left = count;
        if (rank.isPlain() && at.run.named && rank.entries + count <= limits.entriesPerRankMax()) {
            int from = at.run.namesBase() + at.from + position;
            int different = Arrays.mismatch(externals, next, next + count, at.memory, from, from + count);
            int same = different < 0 ? count : different;
            if (same > 0) {
                hold(rank, at, same);
                left -= same;
            }
        }
        boolean goesOn = true;
        while (goesOn && left > 0) {
            int batch = Math.min(left, NameTables.AHEAD);
            int named = holdsNone(rank, at, batch) ? names.addAll(rank, at, position, externals, next, batch) : 0;
            if (named > 0) {
                hold(rank, at, named);
                left -= named;
            }
            for (int i = named; goesOn && i < batch; i++) {
                goesOn = holdOne(rank, at);
                left--;
            }
        }
        return goesOn;
    }

    /// Whether the rank may hold the next `count` blocks of the node, and holds none of them yet.
    private boolean holdsNone(Rank rank, Node at, int count) {
        return rank.doubles == null
                && rank.entries + count <= limits.entriesPerRankMax()
                && holdings.isPrefix(at, rank.slot)
                && at.cutoff(rank.slot) <= position;
    }

    /// The rank holds the next `count` blocks, which it has names for.
    private void hold(Rank rank, Node at, int count) {
        rank.entries += holdings.cover(rank, tier, at, position, count);
        next += count;
        position += count;
    }

    private boolean holdOne(Rank rank, Node at) {
        long name = externals[next];
        long here = Place.of(at.run.id, at.from + position);
        long known = names.find(rank, name);
        if (known != Place.NONE && known != here) {
            contradict(rank, name, known);
            return false;
        }
        boolean heldByName = known == here;
        if (heldByName && (names.tiersOf(rank, name, here) & 1 << tier) != 0) {
            next++;
            position++;
            return true;
        }
        if (rank.entries >= limits.entriesPerRankMax()) {
            rejections.overLimit++;
            return false;
        }
        if (heldByName) {
            names.addTier(rank, name, here, tier);
        } else if (!names.add(rank, name, here, tier, holdings.tiersOf(at, rank.slot, position))) {
            rejections.overLimit++;
            return false;
        }
        rank.entries++;
        holdings.cover(rank, tier, at, position, 1);
        next++;
        position++;
        return true;
    }

    /// The rank calls another block so: it is believed neither here nor there.
    private void contradict(Rank rank, long name, long known) {
        if (content.isBefore(known, node, position)) {
            rejections.invalidSequences++;
        } else {
            rejections.conflictingHashes++;
        }
        phase.beforeRemoval();
        rank.opened(phase.turn(), null);
        Node other = names.nodeOf(known);
        int tiers = names.tiersOf(rank, name, known);
        for (int each = 0; tiers >>> each != 0; each++) {
            if ((tiers >>> each & 1) != 0) {
                names.drop(rank, name, known, each);
            }
        }
        content.trim(other);
    }

    /// The rank may hold no more; but a contradiction counts as such.
    private boolean refuse(Rank rank) {
        long known = names.find(rank, externals[next]);
        if (known == Place.NONE) {
            rejections.overLimit++;
        } else {
            contradict(rank, externals[next], known);
        }
        return false;
    }

    /// Adds blocks to the tree that it does not have.
    private boolean append(Rank rank) {
        long allowed = limits.entriesPerRankMax() - rank.entries;
        int count = (int) Math.min(Math.min(locals.length - next, limits.runBlocksMax()), allowed);
        if (count <= 0) {
            return refuse(rank);
        }
        int room = content.roomBehind(node);
        int named = node != null && room > 0 ? extend(rank, node, Math.min(room, count)) : attach(rank, count);
        if (named < 0) {
            rejections.overLimit++;
            return false;
        }
        return named > 0 || appendKnownName(rank);
    }

    /// How many blocks were added.
    private int extend(Rank rank, Node at, int count) {
        Run run = at.run;
        run.write(locals, externals, next, count);
        int named = nameNew(rank, run, count);
        if (named > 0) {
            content.extend(at, named);
            hold(rank, at, named);
        }
        return named;
    }

    /// How many blocks were added; -1 when memory is used up.
    private int attach(Rank rank, int count) {
        Run run = content.newRun(node, count, true);
        if (run == null) {
            return -1;
        }
        run.write(locals, externals, next, count);
        int named = nameNew(rank, run, count);
        if (named == 0) {
            content.discard(run);
            return 0;
        }
        Node added = content.attach(node, run, named);
        node = added;
        position = 0;
        hold(rank, added, named);
        return named;
    }

    private int nameNew(Rank rank, Run run, int count) {
        return rank.isPlain()
                ? tables.name(run, run.used(), externals, next, count)
                : names.nameNew(rank, run, externals, next, count);
    }

    /// The next block is new, but something is called so already.
    private boolean appendKnownName(Rank rank) {
        long name = externals[next];
        int count = Math.min(locals.length - next, limits.runBlocksMax());
        boolean another = names.find(rank, name) == Place.NONE && tables.findShared(name) != Place.NONE;
        Run run = another ? content.newRun(node, count, false) : null;
        if (run == null) {
            return refuse(rank);
        }
        run.write(locals, externals, next, count);
        Node added = content.attach(node, run, count);
        node = added;
        position = 0;
        boolean held = holdKnown(rank, added, count);
        if (!held) {
            phase.beforeRemoval();
            content.trim(added);
        }
        return held;
    }
}
