package io.kvepp.kvcache;

import org.jspecify.annotations.Nullable;

/// External hash -> block, for all ranks together and for single ones.
///
/// - *Named* runs are found by the names they have for their blocks. Such a name stands for one
///   block only.
/// - A rank with another name for a block, or with that name for another block, has an [Alias],
///   found by name and slot.
///
/// Both kinds are in one table by the name alone, so that a rank with names of its own costs one line
/// a block as well. But where many ranks have the same name for a block that its run calls
/// otherwise, lines would be full of what cannot be told apart; from a few on, they are in a second
/// table, by name and slot.
///
/// Confined to the index's writer.
final class NameTables {
    static final int AHEAD = HashLines.AHEAD;

    /// Entries of one hash from which on a rank's own name goes to the crowd.
    private static final int ALIKE_MAX = 3;

    /// With its bits and its place in its run.
    private static final int ALIAS_BYTES = 112;

    private final KeyMix mix;
    private final RunMemory memory;
    private final IdTable<Run> runs;
    private final IdTable<Alias> aliases = new IdTable<>();
    private final HashLines names;
    private final HashLines crowd;
    private final long[] hashes = new long[AHEAD];

    NameTables(IndexLimits limits, PagePool pool, RunMemory memory, IdTable<Run> runs) {
        this.mix = limits.mix();
        this.memory = memory;
        this.runs = runs;
        names = new HashLines(pool, limits.tableLines(), this::isCalled);
        crowd = new HashLines(pool, limits.tableLines(), this::isCalled);
    }

    private boolean isCalled(long place, long name, int slot) {
        if (Place.isOfAlias(place)) {
            Alias alias = aliases.get(Place.id(place));
            return alias.slot == slot && alias.name(Place.position(place)) == name;
        }
        return slot == HashLines.NOBODY && runs.get(Place.id(place)).name(Place.position(place)) == name;
    }

    /// The block that runs call so, whoever holds it; or [Place#NONE].
    long findShared(long name) {
        return names.find(mix.mix(name), name, HashLines.NOBODY);
    }

    /// The block that the rank calls so, other than its run does; or [Place#NONE].
    long findOwn(long name, int slot) {
        long place = findOwn(mix.mix(name), name, slot);
        if (place == Place.NONE) {
            return Place.NONE;
        }
        Alias alias = aliases.get(Place.id(place));
        return Place.of(alias.run.id, alias.from + Place.position(place));
    }

    /// The place in an alias.
    private long findOwn(long hash, long name, int slot) {
        long place = names.find(hash, name, slot);
        return place != Place.NONE || crowd.size() == 0 ? place : crowd.find(mix.mix(name, slot), name, slot);
    }

    /// Brings the lines of up to [#AHEAD] names into the cache.
    void touch(long[] touched, int start, int count) {
        for (int i = 0; i < count; i++) {
            hashes[i] = mix.mix(touched[start + i]);
        }
        names.touch(hashes, count);
    }

    /// Names block after block of the run, as long as the names are new; how many.
    int name(Run run, int position, long[] added, int start, int count) {
        for (int done = 0; done < count; done += AHEAD) {
            int batch = Math.min(AHEAD, count - done);
            touch(added, start + done, batch);
            int put = names.putAll(hashes, added, start + done, batch, Place.of(run.id, position + done));
            if (put < batch) {
                return done + put;
            }
        }
        return count;
    }

    void unname(Run run, int position, int count) {
        if (!run.named) {
            return;
        }
        for (int done = 0; done < count; done += AHEAD) {
            int batch = Math.min(AHEAD, count - done);
            touch(run.memory(), run.namesBase() + position + done, batch);
            for (int i = 0; i < batch; i++) {
                removed(names.remove(hashes[i], Place.of(run.id, position + done + i)));
            }
        }
    }

    private static void removed(boolean was) {
        if (!was) {
            throw new IllegalStateException("name: not in the table (expected: in it)");
        }
    }

    /// Names a block of a run as the name at `index` of those touched last, if it is plain that
    /// nobody calls any block so.
    boolean nameTouchedIfAlone(int index, long place) {
        return crowd.size() == 0 && names.putIfAlone(hashes[index], place);
    }

    /// The same, if no run calls any block so, and there is room.
    boolean nameTouched(int index, long name, long place) {
        return names.putIfAbsent(hashes[index], name, HashLines.NOBODY, place) == HashLines.NONE;
    }

    /// The same as [#findShared], of the name at `index` of those touched last.
    long findTouched(int index, long name) {
        return names.find(hashes[index], name, HashLines.NOBODY);
    }

    /// A block that runs may call as the name at `index` of those touched last; or [Place#NONE].
    long likely(int index) {
        return names.likely(hashes[index]);
    }

    /// Whether the rank calls any block so, other than its run does; of the name at `index` of those
    /// touched last.
    boolean isTouchedOwn(int index, long name, int slot) {
        return findOwn(hashes[index], name, slot) != Place.NONE;
    }

    /// Gives a block a name of one rank. The name is new to the rank, and the rank has no other for
    /// the block. False when there is no room.
    boolean addOwn(Rank rank, Run run, int position, long name, int blocksToCome) {
        Alias alias = aliasFor(rank.slot, run, position, blocksToCome);
        return alias != null && put(rank, alias, position, name, mix.mix(name));
    }

    /// The same, of the name at `index` of those touched last; false too when the rank has the name
    /// already.
    boolean addTouchedOwn(int index, Rank rank, Alias alias, int position, long name) {
        return put(rank, alias, position, name, hashes[index]);
    }

    /// The same, if the alias has room for the block and it is plain that nobody calls any block so.
    boolean addTouchedOwnIfAlone(int index, Rank rank, Alias alias, int position, long name) {
        int inAlias = position - alias.from;
        if (!alias.hasRoomAt(inAlias) || !nameTouchedIfAlone(index, Place.ofAlias(alias.id, inAlias))) {
            return false;
        }
        alias.put(inAlias, name);
        rank.aliasNames++;
        return true;
    }

    private boolean put(Rank rank, Alias alias, int position, long name, long hash) {
        int index = position - alias.from;
        alias.put(index, name);
        if (!put(hash, name, rank.slot, Place.ofAlias(alias.id, index))) {
            alias.kill(index);
            dropIfDead(alias);
            return false;
        }
        rank.aliasNames++;
        return true;
    }

    /// False when the rank has the name already, or there is no room.
    private boolean put(long hash, long name, int slot, long place) {
        if (crowd.size() == 0 && names.putIfAlone(hash, place)) {
            return true;
        }
        if (findOwn(hash, name, slot) != Place.NONE) {
            return false;
        }
        return names.alike(hash) < ALIKE_MAX ? names.put(hash, place) : crowd.put(mix.mix(name, slot), place);
    }

    /// An alias that can take a name for the block; null when memory is used up.
    @Nullable
    Alias aliasFor(int slot, Run run, int position, int blocksToCome) {
        Alias alias = run.aliases(slot);
        while (alias != null && !alias.hasRoomAt(position - alias.from)) {
            alias = alias.next;
        }
        return alias == null ? newAlias(slot, run, position, blocksToCome) : alias;
    }

    private @Nullable Alias newAlias(int slot, Run run, int position, int blocksToCome) {
        int size = Math.clamp(blocksToCome, 4, IndexLimits.RUN_BLOCKS_MAX);
        RunMemory.@Nullable Slab slab =
                aliases.hasRoom() && memory.hasRoomBeside(heapBytes()) ? memory.slabFor(size) : null;
        if (slab == null) {
            return null;
        }
        Alias alias = new Alias(aliases.reserve(), slot, run, position, slab);
        aliases.set(alias.id, alias);
        alias.next = run.aliases(slot);
        run.setAliases(slot, alias);
        return alias;
    }

    void removeOwn(Rank rank, Alias alias, int index) {
        removeOwn(rank, alias, index, 1);
    }

    /// Removes the living ones of `count` names from `index` on.
    void removeOwn(Rank rank, Alias alias, int index, int count) {
        for (int done = 0; done < count; done += AHEAD) {
            int batch = Math.min(AHEAD, count - done);
            touch(alias.slab().memory, alias.base() + index + done, batch);
            for (int i = 0; i < batch; i++) {
                if (alias.isAlive(index + done + i)) {
                    drop(hashes[i], alias, index + done + i);
                    alias.kill(index + done + i);
                    rank.aliasNames--;
                }
            }
        }
        dropIfDead(alias);
    }

    private void drop(long hash, Alias alias, int index) {
        long place = Place.ofAlias(alias.id, index);
        if (!names.remove(hash, place)) {
            removed(crowd.remove(mix.mix(alias.name(index), alias.slot), place));
        }
    }

    /// Removes all names that the rank has for blocks of the run.
    void removeAllOwn(Rank rank, Run run) {
        Alias alias = run.aliases(rank.slot);
        while (alias != null) {
            Alias next = alias.next;
            removeOwn(rank, alias, 0, alias.length());
            alias = next;
        }
    }

    private void dropIfDead(Alias alias) {
        if (!alias.isDead()) {
            return;
        }
        Alias first = alias.run.aliases(alias.slot);
        if (first == alias) {
            alias.run.setAliases(alias.slot, alias.next);
        } else {
            for (Alias before = first; before != null; before = before.next) {
                if (before.next == alias) {
                    before.next = alias.next;
                }
            }
        }
        memory.free(alias.slab(), alias.base());
        aliases.release(alias.id);
    }

    /// Moves the first alias from that number on if memory can be saved; the number to go on with,
    /// or -1 at the end.
    int packAlias(int from) {
        int id = aliases.nextInUse(from);
        if (id < 0) {
            return -1;
        }
        Alias alias = aliases.get(id);
        RunMemory.@Nullable Slab target = memory.isToLeave(alias.slab()) ? memory.slabToPack(alias.slab().size) : null;
        if (target != null) {
            memory.free(alias.slab(), alias.base());
            alias.moveTo(target);
        }
        return id + 1;
    }

    /// Moves a table if memory can be saved; the number to go on with, or -1 at the end.
    int packTable(int from) {
        if (from >= 0 && from < names.places()) {
            return names.pack(from);
        }
        int inCrowd = from - names.places();
        return inCrowd < crowd.places() ? names.places() + crowd.pack(inCrowd) : -1;
    }

    int aliases() {
        return aliases.count();
    }

    /// An estimate of what aliases take besides their names.
    long heapBytes() {
        return (long) aliases.count() * ALIAS_BYTES + aliases.bytes();
    }

    long names() {
        return names.size() + crowd.size();
    }
}
