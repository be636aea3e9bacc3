package io.kvepp.kvcache;

import org.jspecify.annotations.Nullable;

/// Applies removed events, and forgets ranks.
///
/// Confined to the index's writer.
final class Removals {
    private final IdTable<Run> runs;
    private final Content content;
    private final NameTables tables;
    private final Names names;
    private final Holdings holdings;
    private final Rejections rejections;
    private final Phase phase;
    private final Compaction compaction;

    Removals(
            IdTable<Run> runs,
            Content content,
            NameTables tables,
            Names names,
            Holdings holdings,
            Rejections rejections,
            Phase phase,
            Compaction compaction) {
        this.runs = runs;
        this.content = content;
        this.tables = tables;
        this.names = names;
        this.holdings = holdings;
        this.rejections = rejections;
        this.phase = phase;
        this.compaction = compaction;
    }

    void remove(Rank rank, int tier, long[] externals) {
        phase.beforeRemoval();
        int next = 0;
        while (next < externals.length) {
            long place = names.find(rank, externals[next]);
            if (place == Place.NONE || (tiersOf(rank, externals[next], place) & 1 << tier) == 0) {
                rejections.unknownHashes++;
                next++;
            } else if (rank.doubles != null) {
                Node node = names.found();
                beforeRemovalFrom(rank, node, tier);
                names.drop(rank, externals[next], place, tier);
                content.trimUpTo(node, Place.position(place) - node.from + 1);
                next++;
            } else {
                next += removeStretch(rank, tier, externals, next, place);
            }
        }
        content.shrinkOld();
        compaction.step();
    }

    /// The tiers in which the rank holds the block that was just found by this name.
    private int tiersOf(Rank rank, long name, long place) {
        if (rank.doubles != null) {
            return names.tiersOf(rank, name, place);
        }
        Node node = names.found();
        return holdings.tiersOf(node, rank.slot, Place.position(place) - node.from);
    }

    /// Removes the block at `place`, and with it those before or after it that are next in the list;
    /// how many.
    private int removeStretch(Rank rank, int tier, long[] externals, int next, long place) {
        Node node = names.found();
        int position = Place.position(place) - node.from;
        Alias alias = rank.aliasNames == 0 ? null : node.run.aliasAt(rank.slot, Place.position(place));
        int count = countStretch(new Stretch(rank, tier, node, alias, -1), externals, next, position);
        int first = position - count + 1;
        if (count == 1) {
            count = countStretch(new Stretch(rank, tier, node, alias, 1), externals, next, position);
        }
        beforeRemovalFrom(rank, node, tier);
        holdings.uncover(rank, tier, node, first, count);
        rank.entries -= count;
        if (alias != null) {
            dropNames(rank, node, alias, first, count);
        }
        content.trimUpTo(node, first + count);
        return count;
    }

    private void beforeRemovalFrom(Rank rank, Node node, int tier) {
        if (rank.mayBeBehindHole(phase.turn(), node)) {
            phase.betweenRemovals();
        }
        if (tier != Holdings.DEVICE || holdings.hasLowerTiers()) {
            rank.opened(phase.turn(), null);
        } else if (node.kids() != null && node.cutoff(rank.slot) == node.length()) {
            rank.opened(phase.turn(), node);
        }
    }

    /// Blocks of a node one after the other (`step` 1) or backwards (-1), held in a tier by names of
    /// an alias or of the run; where the rank `hasOther` names for some, not those.
    private record Stretch(
            Rank rank, int tier, Node node, @Nullable Alias alias, boolean hasOther, int step) {
        Stretch(Rank rank, int tier, Node node, @Nullable Alias alias, int step) {
            this(rank, tier, node, alias, rank.aliasNames > 0 && node.run.aliases(rank.slot) != null, step);
        }
    }

    private int countStretch(Stretch stretch, long[] externals, int next, int position) {
        Rank rank = stretch.rank;
        Node node = stretch.node;
        boolean prefix = stretch.tier == Holdings.DEVICE && holdings.isPrefix(node, rank.slot);
        int end = prefix ? node.cutoff(rank.slot) : node.length();
        int count = 1;
        int at = position + stretch.step;
        while (next + count < externals.length
                && at >= 0
                && at < end
                && isCalled(stretch, at, externals[next + count])
                && (prefix || (holdings.tiersOf(node, rank.slot, at) & 1 << stretch.tier) != 0)) {
            count++;
            at += stretch.step;
        }
        return count;
    }

    private static boolean isCalled(Stretch stretch, int position, long name) {
        Node node = stretch.node;
        Alias alias = stretch.alias;
        int inRun = node.from + position;
        if (alias != null) {
            return alias.isAlive(inRun - alias.from) && alias.name(inRun - alias.from) == name;
        }
        return node.run.named
                && node.run.name(inRun) == name
                && (!stretch.hasOther || node.run.aliasAt(stretch.rank.slot, inRun) == null);
    }

    private void dropNames(Rank rank, Node node, Alias alias, int first, int count) {
        if (!node.hasBits() && node.cutoff(rank.slot) <= first) {
            tables.removeOwn(rank, alias, node.from + first - alias.from, count);
            return;
        }
        for (int position = first; position < first + count; position++) {
            if (holdings.tiersOf(node, rank.slot, position) == 0) {
                tables.removeOwn(rank, alias, node.from + position - alias.from);
            }
        }
    }

    void clear(Rank rank) {
        phase.beforeClear(rank.slot);
        for (int id : rank.runIds(runs)) {
            Run run = runs.get(id);
            tables.removeAllOwn(rank, run);
            for (int i = run.segmentCount() - 1; i >= 0; i--) {
                if (i < run.segmentCount()) {
                    Node node = run.segment(i);
                    if (holdings.uncoverAll(rank, node)) {
                        content.trim(node);
                    }
                }
            }
        }
        rank.forgetRuns();
        rank.doubles = null;
        rank.entries = 0;
        content.shrinkOld();
        compaction.step();
    }
}
