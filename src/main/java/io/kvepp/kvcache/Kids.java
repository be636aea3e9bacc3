package io.kvepp.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The nodes that follow one node, by their first local hash.
///
/// Single-writer; [#find] by any number of readers.
final class Kids {
    /*
     * A single node stands by itself: a conversation's turns follow each other so, and a table
     * between them would be one more line to wait for.
     *
     * Several are in a table: open addressing, linear probing, at most half used. A removed node
     * leaves GONE behind until the table is rebuilt, so a reader never misses one that stays. From
     * WIDE_AT nodes on there are 1,024 such tables, by the upper bits of the mixed hash, so that no
     * rebuild is long.
     */
    private static final int PLACES_MIN = 4;
    private static final int WIDE_AT = 2048;
    private static final int WIDE_BITS = 10;
    private static final int BYTES = 32;

    private static final VarHandle PLACES = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle CONTENT;

    static {
        try {
            CONTENT = MethodHandles.lookup().findVarHandle(Kids.class, "content", Object.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final Object GONE = new Object();

    private final KeyMix mix;

    /// What they follow; null for those that start a prompt. The writer's.
    @Nullable
    Node parent;

    /// Null, a node, a table of nodes, or a `Kids[]`.
    private @Nullable Object content;

    private int used;
    private int size;

    Kids(KeyMix mix, @Nullable Node parent) {
        this.mix = mix;
        this.parent = parent;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// Without the nodes.
    long heapBytes() {
        if (content instanceof Kids[] wide) {
            long bytes = BYTES + HeapSize.references(wide.length);
            for (Kids kids : wide) {
                bytes += kids.heapBytes();
            }
            return bytes;
        }
        return content instanceof Object[] table ? BYTES + HeapSize.references(table.length) : BYTES;
    }

    @Nullable
    Node find(long firstLocal) {
        long hash = mix.mix(firstLocal);
        @Nullable Object looked = CONTENT.getAcquire(this);
        if (looked instanceof Kids[] wide) {
            looked = CONTENT.getAcquire(wide[(int) (hash >>> Long.SIZE - WIDE_BITS)]);
        }
        if (looked instanceof Node single) {
            return single.firstLocal == firstLocal ? single : null;
        }
        return looked == null ? null : findIn((@Nullable Object[]) looked, hash, firstLocal);
    }

    private static @Nullable Node findIn(@Nullable Object[] table, long hash, long firstLocal) {
        int mask = table.length - 1;
        for (int place = (int) hash & mask; ; place = place + 1 & mask) {
            Object found = PLACES.getAcquire(table, place);
            if (found == null) {
                return null;
            }
            if (found instanceof Node node && node.firstLocal == firstLocal) {
                return node;
            }
        }
    }

    void add(Node node) {
        long hash = mix.mix(node.firstLocal);
        if (content instanceof Kids[] wide) {
            size++;
            wide[(int) (hash >>> Long.SIZE - WIDE_BITS)].addHere(node, hash);
            return;
        }
        addHere(node, hash);
        if (size > WIDE_AT) {
            widen();
        }
    }

    /// `node` takes the place of `old`, which has the same first hash.
    void replace(Node old, Node node) {
        Kids kids = bucket(old);
        if (kids.content == old) {
            CONTENT.setRelease(kids, node);
        } else {
            PLACES.setRelease(kids.table(), kids.placeOf(old), node);
        }
    }

    void remove(Node node) {
        Kids kids = bucket(node);
        size--;
        if (kids != this) {
            kids.size--;
        }
        if (size == 0) {
            CONTENT.setRelease(this, null);
        } else if (kids.content == node) {
            CONTENT.setRelease(kids, null);
        } else {
            PLACES.setRelease(kids.table(), kids.placeOf(node), GONE);
            if (kids.size == 0 || kids.table().length > PLACES_MIN && kids.size < kids.table().length / 8) {
                kids.rebuild();
            }
        }
    }

    private Kids bucket(Node node) {
        return content instanceof Kids[] wide ? wide[(int) (mix.mix(node.firstLocal) >>> Long.SIZE - WIDE_BITS)] : this;
    }

    private @Nullable Object[] table() {
        return (@Nullable Object[]) Objects.requireNonNull(content);
    }

    private int placeOf(Node node) {
        @Nullable Object[] table = table();
        int mask = table.length - 1;
        int place = (int) mix.mix(node.firstLocal) & mask;
        while (table[place] != node) {
            if (table[place] == null) {
                throw new IllegalStateException("node: not among its siblings (expected: one of them)");
            }
            place = place + 1 & mask;
        }
        return place;
    }

    private void addHere(Node node, long hash) {
        size++;
        if (content == null) {
            CONTENT.setRelease(this, node);
            return;
        }
        if (content instanceof Node || 2 * (used + 1) > table().length) {
            rebuild();
        }
        put(table(), node, hash);
        used++;
    }

    private static void put(@Nullable Object[] table, Node node, long hash) {
        int mask = table.length - 1;
        int place = (int) hash & mask;
        while (table[place] != null) {
            place = place + 1 & mask;
        }
        PLACES.setRelease(table, place, node);
    }

    /// Into a table with room for `size`, which may count a node to be added.
    private void rebuild() {
        if (size == 0) {
            CONTENT.setRelease(this, null);
            return;
        }
        int places = PLACES_MIN;
        while (places < 2 * (size + 1)) {
            places *= 2;
        }
        @Nullable Object[] rebuilt = new @Nullable Object[places];
        used = 0;
        for (Object found : content instanceof Node single ? new Object[] {single} : table()) {
            if (found instanceof Node node) {
                put(rebuilt, node, mix.mix(node.firstLocal));
                used++;
            }
        }
        CONTENT.setRelease(this, rebuilt);
    }

    private void widen() {
        Kids[] wide = new Kids[1 << WIDE_BITS];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = new Kids(mix, null);
        }
        for (Object found : table()) {
            if (found instanceof Node node) {
                long hash = mix.mix(node.firstLocal);
                wide[(int) (hash >>> Long.SIZE - WIDE_BITS)].addHere(node, hash);
            }
        }
        CONTENT.setRelease(this, wide);
    }
}
