package io.kvepp.kvcache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/// Slot -> value, for few slots.
///
/// Single-writer; [Table#places], [Table#slotAt] and [#valueAt] by any number of readers, over one
/// [#table].
final class SlotMap<V> {
    /*
     * Open addressing, linear probing, at most three quarters used. A removed slot keeps its place
     * until the table is rebuilt. A value is stored before its slot and loaded after it; a rebuilt
     * table is published whole.
     */
    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle VALUES = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle TABLE;

    static {
        try {
            TABLE = MethodHandles.lookup().findVarHandle(SlotMap.class, "table", Table.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// `slots` counts from 1; 0 is nobody's place.
    record Table(int[] slots, @Nullable Object[] values) {
        Table(int places) {
            this(new int[places], new @Nullable Object[places]);
        }

        int places() {
            return slots.length;
        }

        /// -1 for a free place.
        int slotAt(int place) {
            return (int) SLOTS.getAcquire(slots, place) - 1;
        }

        private int find(int slot) {
            int mask = slots.length - 1;
            int place = slot & mask;
            while (slots[place] != 0 && slots[place] != slot + 1) {
                place = (place + 1) & mask;
            }
            return place;
        }
    }

    /// Of the map and its table, without arrays.
    private static final int BYTES = 40;

    private Table table = new Table(2);
    private int used;
    private int size;

    /// For readers: what one look at the map goes through.
    Table table() {
        return (Table) TABLE.getAcquire(this);
    }

    /// Null when the slot at that place was removed.
    @SuppressWarnings("unchecked")
    @Nullable
    V valueAt(Table looked, int place) {
        return (V) VALUES.getAcquire(looked.values, place);
    }

    boolean isEmpty() {
        return size == 0;
    }

    /// Of the map, without the values.
    long heapBytes() {
        return BYTES + HeapSize.ints(table.places()) + HeapSize.references(table.places());
    }

    @SuppressWarnings("unchecked")
    @Nullable
    V get(int slot) {
        return (V) table.values[table.find(slot)];
    }

    void put(int slot, V value) {
        int place = table.find(slot);
        if (table.slots[place] == 0 && 4 * (used + 1) > 3 * table.places()) {
            rebuild();
            place = table.find(slot);
        }
        if (table.slots[place] == 0) {
            used++;
        }
        if (table.values[place] == null) {
            size++;
        }
        VALUES.setRelease(table.values, place, value);
        SLOTS.setRelease(table.slots, place, slot + 1);
    }

    void remove(int slot) {
        int place = table.find(slot);
        if (table.values[place] != null) {
            VALUES.setRelease(table.values, place, null);
            size--;
        }
    }

    private void rebuild() {
        Table old = table;
        int places = 2;
        while (3 * places < 4 * (size + 1) + places) {
            places *= 2;
        }
        Table rebuilt = new Table(places);
        for (int i = 0; i < old.places(); i++) {
            if (old.values[i] != null) {
                int place = rebuilt.find(old.slots[i] - 1);
                rebuilt.slots[place] = old.slots[i];
                rebuilt.values[place] = old.values[i];
            }
        }
        used = size;
        TABLE.setRelease(this, rebuilt);
    }
}
