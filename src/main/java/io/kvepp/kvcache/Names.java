package io.kvepp.kvcache;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What each rank calls the blocks it holds.
///
/// Confined to the index's writer.
final class Names {
    private final IdTable<Run> runs;
    private final NameTables tables;
    private final Holdings holdings;

    /// The node with the block found last.
    private @Nullable Node found;

    Names(IdTable<Run> runs, NameTables tables, Holdings holdings) {
        this.runs = runs;
        this.tables = tables;
        this.holdings = holdings;
    }

    /// The block that the rank holds by this name in any tier, or [Place#NONE].
    long find(Rank rank, long name) {
        long place = tables.findShared(name);
        if (place != Place.NONE && isFirstName(rank, place)) {
            return place;
        }
        long own = findOwn(rank, name);
        if (own != Place.NONE) {
            found = nodeOf(own);
        }
        return own;
    }

    /// The node with the block that [#find] found last, as long as nothing was changed since.
    Node found() {
        return Objects.requireNonNull(found);
    }

    /// The same, if it is not by the name that the run has for the block.
    long findOwn(Rank rank, long name) {
        if (rank.doubles != null) {
            long place = rank.doubles.placeOf(name);
            if (place != Place.NONE) {
                return place;
            }
        }
        return rank.aliasNames > 0 ? tables.findOwn(name, rank.slot) : Place.NONE;
    }

    /// Whether the rank holds a block by this name, the one at `index` of those touched last, that is
    /// not the name the run has for it.
    boolean isTouchedOwn(Rank rank, int index, long name) {
        if (rank.doubles != null && rank.doubles.placeOf(name) != Place.NONE) {
            return true;
        }
        return rank.aliasNames > 0 && tables.isTouchedOwn(index, name, rank.slot);
    }

    /// Whether the rank holds the block by the name its run has for it.
    private boolean isFirstName(Rank rank, long place) {
        Run run = runs.get(Place.id(place));
        int position = Place.position(place);
        Node node = run.segmentAt(position);
        found = node;
        if (node == null || holdings.tiersOf(node, rank.slot, position - node.from) == 0) {
            return false;
        }
        if (rank.aliasNames > 0 && run.aliasAt(rank.slot, position) != null) {
            return false;
        }
        return rank.doubles == null || !rank.doubles.isAt(place) || rank.doubles.firstTiers(place) != 0;
    }

    /// The node with the block.
    Node nodeOf(long place) {
        Node node = runs.get(Place.id(place)).segmentAt(Place.position(place));
        if (node == null) {
            throw new IllegalStateException("place: " + place + " (expected: a block of the tree)");
        }
        return node;
    }

    /// The tiers in which the rank holds the block by this name, as a set of bits.
    int tiersOf(Rank rank, long name, long place) {
        Doubles doubles = rank.doubles;
        if (doubles == null || !doubles.isAt(place)) {
            Node node = nodeOf(place);
            return holdings.tiersOf(node, rank.slot, Place.position(place) - node.from);
        }
        return doubles.placeOf(name) == place ? doubles.furtherTiers(place, name) : doubles.firstTiers(place);
    }

    /// The rank holds the block by this name, so far in other tiers only, in one more.
    void addTier(Rank rank, long name, long place, int tier) {
        Doubles doubles = rank.doubles;
        if (doubles == null || !doubles.isAt(place)) {
            return;
        }
        if (doubles.placeOf(name) == place) {
            doubles.setFurtherTiers(place, name, doubles.furtherTiers(place, name) | 1 << tier);
        } else {
            doubles.setFirstTiers(place, doubles.firstTiers(place) | 1 << tier);
        }
    }

    /// The rank gets a new name for a block. False when there is no room.
    ///
    /// @param held the tiers in which it holds the block already, by other names
    boolean add(Rank rank, long name, long place, int tier, int held) {
        Run run = runs.get(Place.id(place));
        int position = Place.position(place);
        if (held == 0) {
            return run.named && run.name(position) == name
                    || tables.addOwn(rank, run, position, name, run.used() - position);
        }
        Doubles doubles = rank.doubles == null ? new Doubles() : rank.doubles;
        rank.doubles = doubles;
        if (!doubles.isAt(place)) {
            doubles.begin(place, held);
        }
        doubles.setFurtherTiers(place, name, 1 << tier);
        return true;
    }

    /// Names the blocks that come behind the used ones of the run, as long as the names are new to all
    /// runs and to the rank; how many.
    int nameNew(Rank rank, Run run, long[] names, int start, int count) {
        for (int done = 0; done < count; done += NameTables.AHEAD) {
            int batch = Math.min(NameTables.AHEAD, count - done);
            tables.touch(names, start + done, batch);
            for (int i = 0; i < batch; i++) {
                if (!nameTouched(rank, i, names[start + done + i], Place.of(run.id, run.used() + done + i))) {
                    return done + i;
                }
            }
        }
        return count;
    }

    private boolean nameTouched(Rank rank, int index, long name, long place) {
        if (rank.doubles == null && tables.nameTouchedIfAlone(index, place)) {
            return true;
        }
        return !isTouchedOwn(rank, index, name) && tables.nameTouched(index, name, place);
    }

    /// Gives blocks that the rank holds in no tier the names that it has for them, as long as those
    /// are new to it and there is room; how many. At most [NameTables#AHEAD]. The rank has no
    /// doubles.
    int addAll(Rank rank, Node node, int position, long[] names, int start, int count) {
        Run run = node.run;
        int inRun = node.from + position;
        tables.touch(names, start, count);
        Alias alias = null;
        for (int i = 0; i < count; i++) {
            long name = names[start + i];
            if (alias != null && tables.addTouchedOwnIfAlone(i, rank, alias, inRun + i, name)) {
                continue;
            }
            long place = tables.findTouched(i, name);
            if (place == Place.of(run.id, inRun + i)) {
                if (isTouchedOwn(rank, i, name)) {
                    return i;
                }
                continue;
            }
            boolean justNamed = place >= Place.of(run.id, inRun) && place < Place.of(run.id, inRun + i);
            if (place != Place.NONE && (justNamed || isFirstName(rank, place))) {
                return i;
            }
            if (alias == null || !alias.hasRoomAt(inRun + i - alias.from)) {
                alias = tables.aliasFor(rank.slot, run, inRun + i, count - i);
            }
            if (alias == null || !tables.addTouchedOwn(i, rank, alias, inRun + i, name)) {
                return i;
            }
        }
        return count;
    }

    /// The rank holds the block by this name in the tier, and no longer does. The block's node may
    /// have an end that nobody holds then.
    void drop(Rank rank, long name, long place, int tier) {
        Node node = nodeOf(place);
        int position = Place.position(place) - node.from;
        Doubles doubles = rank.doubles;
        rank.entries--;
        if (doubles != null && doubles.isAt(place)) {
            if ((dropDouble(rank, doubles, name, place, 1 << tier) & 1 << tier) == 0) {
                holdings.uncover(rank, tier, node, position, 1);
            }
            return;
        }
        holdings.uncover(rank, tier, node, position, 1);
        if (holdings.tiersOf(node, rank.slot, position) == 0) {
            dropAlias(rank, place);
        }
    }

    /// The tiers in which the rank still holds the block by any name.
    private int dropDouble(Rank rank, Doubles doubles, long name, long place, int tier) {
        int first = doubles.firstTiers(place);
        if (doubles.placeOf(name) == place) {
            doubles.setFurtherTiers(place, name, doubles.furtherTiers(place, name) & ~tier);
        } else {
            first &= ~tier;
            if (first == 0) {
                dropAlias(rank, place);
            }
            doubles.setFirstTiers(place, first);
        }
        int left = doubles.isAt(place) ? doubles.allTiers(place) : first;
        if (doubles.isEmpty()) {
            rank.doubles = null;
        }
        return left;
    }

    /// A name by which the rank holds the block, which it does.
    long anyAt(Rank rank, Node node, int position) {
        return hasFurther(rank, node, position)
                ? allAt(rank, node, position).keySet().iterator().next()
                : firstAt(rank, node.run, node.from + position);
    }

    /// A name by which the rank holds the block on its device, which it does.
    long onDevice(Rank rank, Node node, int position) {
        return allAt(rank, node, position).entrySet().stream()
                .filter(name -> (name.getValue() & 1 << Holdings.DEVICE) != 0)
                .findAny()
                .orElseThrow()
                .getKey();
    }

    /// Whether the rank has, or lately had, more than one name for the block.
    boolean hasFurther(Rank rank, Node node, int position) {
        return rank.doubles != null && rank.doubles.isAt(Place.of(node.run.id, node.from + position));
    }

    /// All names by which the rank holds the block, each with its tiers as a set of bits.
    Map<Long, Integer> allAt(Rank rank, Node node, int position) {
        int inRun = node.from + position;
        if (!hasFurther(rank, node, position)) {
            return Map.of(firstAt(rank, node.run, inRun), holdings.tiersOf(node, rank.slot, position));
        }
        Doubles doubles = Objects.requireNonNull(rank.doubles);
        long place = Place.of(node.run.id, inRun);
        Map<Long, Integer> all = new HashMap<>(doubles.further(place));
        if (doubles.firstTiers(place) != 0) {
            all.put(firstAt(rank, node.run, inRun), doubles.firstTiers(place));
        }
        return all;
    }

    private static long firstAt(Rank rank, Run run, int position) {
        Alias alias = rank.aliasNames > 0 ? run.aliasAt(rank.slot, position) : null;
        return alias == null ? run.name(position) : alias.name(position - alias.from);
    }

    private void dropAlias(Rank rank, long place) {
        Run run = runs.get(Place.id(place));
        Alias alias = rank.aliasNames > 0 ? run.aliasAt(rank.slot, Place.position(place)) : null;
        if (alias != null) {
            tables.removeOwn(rank, alias, Place.position(place) - alias.from);
        }
    }
}
