package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class LiveMergesTest {
    private static final int AB = 256;
    private static final int ABC = 257;
    private static final int BC = 258;

    private final PairTable merges = new PairTable(4);
    private final int[] idOfByte = new int[256];

    LiveMergesTest() {
        Arrays.setAll(idOfByte, b -> b);
        merges.put('a', 'b', 0, AB);
        merges.put(AB, 'c', 1, ABC);
        merges.put('b', 'c', 2, BC);
        merges.put('a', BC, 3, ABC);
    }

    @Test
    void theLastMergeOfItsOwnBytesIsLive() {
        assertThat(isLive("a", "b", 0)).isTrue();
        assertThat(isLive("ab", "c", 1)).isTrue();
        assertThat(isLive("b", "c", 2)).isTrue();
    }

    @Test
    void aMergeThatAnotherAlwaysForestallsIsNot() {
        assertThat(isLive("a", "bc", 3)).isFalse();
    }

    @Test
    void norIsOneThatALaterEntryReplaced() {
        merges.put('b', 'c', 4, BC);

        assertThat(isLive("b", "c", 2)).isFalse();
        assertThat(isLive("b", "c", 4)).isTrue();
    }

    @Test
    void norOneOfBytesThatNoTextHas() {
        idOfByte['c'] = -1;

        assertThat(isLive("b", "c", 2)).isFalse();
    }

    @Test
    void idsThatGrowWithTheRanksAreSeen() {
        BitSet ranks = new BitSet();
        ranks.set(0, 3);
        assertThat(LiveMerges.grow(merges, ranks)).isTrue();
        ranks.set(3);
        assertThat(LiveMerges.grow(merges, ranks)).isFalse();
    }

    private boolean isLive(String left, String right, int rank) {
        return new LiveMerges(idOfByte, merges)
                .isLive(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8), rank);
    }
}
