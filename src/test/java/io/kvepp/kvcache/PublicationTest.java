package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What one thread publishes by a release, another sees whole or not at all: one writer and one reader
/// of each structure, for a fixed number of rounds.
class PublicationTest {
    private static final int ROUNDS = 500_000;
    private static final int STAYING = 3;
    private static final int OTHERS = 40;
    private static final int SLOTS = 32;
    private static final int LOOKS = 64;
    private static final int WAY = 512;

    private final RunMemory memory = new RunMemory(new PagePool(IndexLimits.PAGE_LONGS, 1000, 1 << 15));
    private final AtomicReference<@Nullable String> wrong = new AtomicReference<>();
    private final AtomicBoolean over = new AtomicBoolean();

    /// Something is there in every turn and something else in the next, never both. A reader that
    /// sees both in one turn has read the number before the one, or after the other.
    @Test
    void whatWasNeverThereTogetherIsNotSeenTogetherWithinATurn() throws InterruptedException {
        Phase phase = new Phase(memory);
        int[] there = new int[WAY]; // what is asked about stands at its ends
        run(
                round -> {
                    phase.beforeStore();
                    there[(round & 1) * (WAY - 1)] = 1;
                    phase.beforeRemoval();
                    there[(round & 1) * (WAY - 1)] = 0;
                },
                () -> {
                    for (int look = 0; look < LOOKS; look++) {
                        long before = phase.now();
                        int both = 0;
                        for (int one : there) {
                            both += one;
                        }
                        if (phase.isSameTurn(before) && both > 1) {
                            return "both in turn " + before;
                        }
                    }
                    return null;
                });
    }

    /// A slot that a reader sees has its value, and the value is whole.
    @Test
    void aSlotIsSeenWithItsWholeValue() throws InterruptedException {
        AtomicReference<SlotMap<long[]>> shared = new AtomicReference<>(new SlotMap<>());
        run(
                round -> {
                    if (round % 24 == 0) {
                        shared.setRelease(new SlotMap<>());
                    }
                    int slot = round % 24;
                    shared.getPlain().put(slot, new long[] {slot + 1, slot + 1});
                },
                () -> {
                    SlotMap<long[]> map = shared.getAcquire();
                    SlotMap.Table table = map.table();
                    for (int place = 0; place < table.places(); place++) {
                        int slot = table.slotAt(place);
                        long @Nullable [] value = slot < 0 ? null : map.valueAt(table, place);
                        if (slot >= 0 && (value == null || value[0] != slot + 1 || value[1] != slot + 1)) {
                            return "slot " + slot + (value == null ? " without value" : " with half a value");
                        }
                    }
                    return null;
                });
    }

    /// A node that is there all the time is found all the time, whatever comes and goes beside it;
    /// the others are found whole.
    @Test
    void aNodeThatStaysIsAlwaysFound() throws InterruptedException {
        Kids kids = new Kids(KeyMix.random(new Random(3)), null);
        for (long local = 1; local <= STAYING; local++) {
            kids.add(node(local, kids));
        }
        Node[] others = new Node[OTHERS];
        run(
                round -> {
                    int place = round % OTHERS;
                    if (others[place] == null) {
                        others[place] = node(STAYING + 1 + place, kids);
                        kids.add(others[place]);
                    } else {
                        kids.remove(others[place]);
                        others[place] = null;
                    }
                },
                () -> {
                    for (long local = 1; local <= STAYING; local++) {
                        if (kids.find(local) == null) {
                            return "lost " + local;
                        }
                    }
                    Node other = kids.find(STAYING + 1);
                    return other == null || other.length() == 1 && other.firstLocal == STAYING + 1 ? null : "half";
                });
    }

    /// Owners that stay are counted in every form that the others make the table take.
    @Test
    void ownersThatStayAreAlwaysCounted() throws InterruptedException {
        Owners owners = new Owners();
        owners.setCutoff(0, 10, SLOTS);
        owners.setCutoff(1, 10, SLOTS);
        run(
                round -> {
                    int others = round % (2 * (SLOTS - 2));
                    boolean leaving = others >= SLOTS - 2;
                    owners.setCutoff(2 + others % (SLOTS - 2), leaving ? 0 : 10, SLOTS);
                },
                () -> {
                    int[] lengths = new int[SLOTS];
                    owners.advance(lengths, 0, 10);
                    return lengths[0] == 10 && lengths[1] == 10 ? null : lengths[0] + " and " + lengths[1];
                });
    }

    private Node node(long local, Kids siblings) {
        Run run = new Run(0, true, memory.slabFor(2));
        run.write(new long[] {local}, new long[] {local}, 0, 1);
        run.setUsed(1);
        Node node = new Node(run, 0, 1, siblings);
        memory.free(run.slab(), run.base());
        memory.beginTurn();
        memory.recycle(1);
        return node;
    }

    private interface Step {
        void run(int round);
    }

    private interface Look {
        /// What was wrong, or null.
        @Nullable
        String at();
    }

    private void run(Step writer, Look reader) throws InterruptedException {
        Thread reading = new Thread(() -> {
            while (!over.getAcquire() && wrong.get() == null) {
                wrong.compareAndSet(null, reader.at());
            }
        });
        reading.start();
        for (int round = 0; round < ROUNDS && wrong.get() == null; round++) {
            writer.run(round);
        }
        over.setRelease(true);
        reading.join(10_000);
        assertThat(wrong.get()).isNull();
        assertThat(reading.isAlive()).isFalse();
    }
}
