package io.kvepp.kvcache;

import org.jspecify.annotations.Nullable;

/// External hash -> block, for all ranks together and for single ones.
///
/// - *Named* runs are found by the names they have for their blocks. Such a name stands for one
///   block only.
/// - A rank with another name for a block, or with that name for another block, has an [Alias],
///   found by name and slot.
///
/// Confined to the index's writer.
final class NameTables {
    static final int AHEAD = HashLines.AHEAD;

    /// With its bits and its place in its run.
    private static final int ALIAS_BYTES = 112;

    private final KeyMix mix;
    private final RunMemory memory;
    private final IdTable<Run> runs;
    private final IdTable<Alias> aliases = new IdTable<>();
    private final HashLines shared;
    private final HashLines own;
    private final long[] hashes = new long[AHEAD];
    private final long[] ownHashes = new long[AHEAD];

    NameTables(IndexLimits limits, PagePool pool, RunMemory memory, IdTable<Run> runs) {
        this.mix = limits.mix();
        this.memory = memory;
        this.runs = runs;
        shared = new HashLines(pool, limits.tableLines(), this::isRunName);
        own = new HashLines(pool, limits.tableLines(), this::isAlias);
    }

    private boolean isRunName(long place, long name, int slot) {
        return runs.get(Place.id(place)).name(Place.position(place)) == name;
    }

    private boolean isAlias(long place, long name, int slot) {
        Alias alias = aliases.get(Place.id(place));
        return alias.slot == slot && alias.name(Place.position(place)) == name;
    }

    /// The block that runs call so, whoever holds it; or [Place#NONE].
    long findShared(long name) {
        return shared.find(mix.mix(name), name, 0);
    }

    /// The block that the rank calls so, other than its run does; or [Place#NONE].
    long findOwn(long name, int slot) {
        long place = own.find(mix.mix(name, slot), name, slot);
        if (place == Place.NONE) {
            return Place.NONE;
        }
        Alias alias = aliases.get(Place.id(place));
        return Place.of(alias.run.id, alias.from + Place.position(place));
    }

    /// Brings the lines of up to [#AHEAD] names into the cache.
    ///
    /// @param slot whose own names will be asked for too; -1 for nobody's
    void touch(long[] names, int start, int count, int slot) {
        for (int i = 0; i < count; i++) {
            hashes[i] = mix.mix(names[start + i]);
        }
        shared.touch(hashes, count);
        if (slot >= 0) {
            for (int i = 0; i < count; i++) {
                ownHashes[i] = mix.mix(names[start + i], slot);
            }
            own.touch(ownHashes, count);
        }
    }

    /// Names block after block of the run, as long as the names are new; how many.
    int name(Run run, int position, long[] names, int start, int count) {
        for (int done = 0; done < count; done += AHEAD) {
            int batch = Math.min(AHEAD, count - done);
            touch(names, start + done, batch, -1);
            int put = shared.putAll(hashes, names, start + done, batch, Place.of(run.id, position + done));
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
            touch(run.memory(), run.namesBase() + position + done, batch, -1);
            for (int i = 0; i < batch; i++) {
                shared.remove(hashes[i], Place.of(run.id, position + done + i));
            }
        }
    }

    /// The same as [#findShared], of the name at `index` of those touched last.
    long findTouched(int index, long name) {
        return shared.find(hashes[index], name, 0);
    }

    /// The same as [#findOwn], of the name at `index` of those touched last; the place is one in an
    /// alias.
    boolean isTouchedOwn(int index, long name, int slot) {
        return own.find(ownHashes[index], name, slot) != Place.NONE;
    }

    /// Gives a block a name of one rank. The name is new to the rank, and the rank has no other for
    /// the block. False when there is no room.
    boolean addOwn(Rank rank, Run run, int position, long name, int blocksToCome) {
        Alias alias = aliasFor(rank.slot, run, position, blocksToCome);
        return alias != null && put(rank, alias, position, name, mix.mix(name, rank.slot));
    }

    /// The same, of the name at `index` of those touched last; false too when the rank has the name
    /// already.
    boolean addTouchedOwn(int index, Rank rank, Alias alias, int position, long name) {
        return put(rank, alias, position, name, ownHashes[index]);
    }

    private boolean put(Rank rank, Alias alias, int position, long name, long hash) {
        int index = position - alias.from;
        alias.put(index, name);
        if (own.putIfAbsent(hash, name, rank.slot, Place.of(alias.id, index)) != HashLines.NONE) {
            alias.kill(index);
            dropIfDead(alias);
            return false;
        }
        rank.aliasNames++;
        return true;
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
        RunMemory.@Nullable Slab slab = aliases.hasRoom() ? memory.slabFor(size) : null;
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
            touchOwn(alias, index + done, batch);
            for (int i = 0; i < batch; i++) {
                if (alias.isAlive(index + done + i)) {
                    own.remove(ownHashes[i], Place.of(alias.id, index + done + i));
                    alias.kill(index + done + i);
                    rank.aliasNames--;
                }
            }
        }
        dropIfDead(alias);
    }

    private void touchOwn(Alias alias, int index, int count) {
        for (int i = 0; i < count; i++) {
            ownHashes[i] = mix.mix(alias.name(index + i), alias.slot);
        }
        own.touch(ownHashes, count);
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
        memory.free(alias.slab, alias.base);
        aliases.release(alias.id);
    }

    int aliases() {
        return aliases.count();
    }

    /// An estimate of what aliases take besides their names.
    long heapBytes() {
        return (long) aliases.count() * ALIAS_BYTES;
    }

    long names() {
        return shared.size() + own.size();
    }
}
