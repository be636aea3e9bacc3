package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Entries that find no room in their line.
class LinesTest {
    private static final int LINES = 16;
    private static final int HOME = 5;

    private final long[] memory = new long[LINES * Lines.LINE_LONGS];
    private final Lines lines = new Lines(LINES, (place, key, slot) -> place == key);

    /// The hash of entry `number` of a line: all differ, also in the bits kept of them.
    private static long hash(int line, long number) {
        return number << Place.BITS + 8 | (long) line << Place.BITS | number << Place.BITS - 8;
    }

    private void fill(int line, int count) {
        for (int i = 1; i <= count; i++) {
            put(line, i);
        }
    }

    private void put(int line, long number) {
        long hash = hash(line, number);
        assertThat(lines.insert(memory, 0, Lines.entry(hash, place(line, number)), Lines.fingerprint(hash)))
                .isTrue();
    }

    private static long place(int line, long number) {
        return 1000L * line + number;
    }

    private boolean remove(int line, long number) {
        return lines.remove(memory, 0, hash(line, number), place(line, number));
    }

    private long find(int line, long number) {
        return lines.find(memory, 0, hash(line, number), place(line, number), 0);
    }

    private boolean sendsOn() {
        return memory[HOME * Lines.LINE_LONGS] >>> 59 != 0;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 15, 22, 29, 36, 43, 50})
    void whatIsLikeAnEntryIsNotAloneHoweverFarThatStands(int entries) {
        fill(HOME, entries);
        assertThat(lines.alike(memory, 0, hash(HOME, entries))).isOne();
        assertThat(lines.putIfAlone(memory, 0, hash(HOME, entries), 7)).isFalse();
        assertThat(lines.putIfAlone(memory, 0, hash(HOME, entries + 1), place(HOME, entries + 1)))
                .isTrue();
        for (int i = 1; i <= entries + 1; i++) {
            assertThat(find(HOME, i)).isEqualTo(place(HOME, i));
        }
    }

    @Test
    void anEntryComesHomeWhenThereIsRoom() {
        fill(HOME, 9);
        assertThat(sendsOn()).isTrue();
        assertThat(remove(HOME, 1)).isTrue();
        assertThat(remove(HOME, 2)).isTrue();
        assertThat(sendsOn()).as("after all are in their line").isFalse();
        for (int i = 3; i <= 9; i++) {
            assertThat(find(HOME, i)).isEqualTo(place(HOME, i));
        }
    }

    /// What another line's entry left is room too.
    @Test
    void anEntryComesHomeFromALineThatItsOwnSentOnTo() {
        fill(HOME ^ 1, 8);
        fill(HOME, 7);
        assertThat(sendsOn()).as("one place was taken by the other line's").isTrue();
        assertThat(remove(HOME ^ 1, 8)).isTrue();
        assertThat(sendsOn()).isFalse();
        assertThat(find(HOME, 7)).isEqualTo(place(HOME, 7));
    }

    @Test
    void aLineSendsOnUntilTheLastEntryIsGone() {
        fill(HOME, 30);
        for (int number = 30; number > 7; number--) {
            assertThat(sendsOn()).as("%d entries", number).isTrue();
            assertThat(remove(HOME, number)).isTrue();
            for (int i = 1; i < number; i++) {
                assertThat(find(HOME, i)).isEqualTo(place(HOME, i));
            }
        }
        assertThat(sendsOn()).isFalse();
        assertThat(remove(HOME, 30)).isFalse();
    }
}
