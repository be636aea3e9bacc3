package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Vectors: constants of Dynamo's own tests, and values computed with an independent XXH3.
class BlockHasherTest {
    private static final int[] ONE_TO_TWELVE = IntStream.rangeClosed(1, 12).toArray();

    @Test
    void hashesBlocksAndChainsThemAsDynamoDoes() {
        BlockHashes hashes = new BlockHasher(4, null, null, false).hash(ONE_TO_TWELVE);

        assertThat(unsigned(hashes.local()))
                .containsExactly("14643705804678351452", "16777012769546811212", "483935686894639516");
        assertThat(unsigned(hashes.sequence()))
                .containsExactly("14643705804678351452", "4945711292740353085", "12583592247330656132");
    }

    @Test
    void loraNameAndCacheSaltMoveTheSeedAndEmptyNamesDoNot() {
        int[] tokens = {0, 1, 2, 3};

        assertThat(local(tokens, null, null)).isEqualTo("9143094415614847814");
        assertThat(local(tokens, "", "")).isEqualTo("9143094415614847814");
        assertThat(local(tokens, "adapter-a", null)).isEqualTo("6665157333201000639");
        assertThat(local(tokens, null, "tenant-a")).isEqualTo("17009624042690211646");
        assertThat(local(tokens, "adapter-a", "tenant-a")).isEqualTo("8269515957840517240");
    }

    @Test
    void eagleHashesAWindowOfOneTokenMore() {
        BlockHashes hashes =
                new BlockHasher(4, null, null, true).hash(IntStream.range(0, 9).toArray());

        assertThat(unsigned(hashes.local())).containsExactly("14562210786876287112", "15916330181359808192");
    }

    @Test
    void anIncompleteLastBlockHasNoHash() {
        BlockHasher hasher = new BlockHasher(4, null, null, false);

        assertThat(hasher.hash(new int[] {1, 2, 3}).count()).isZero();
        assertThat(hasher.hash(new int[] {1, 2, 3, 4, 5, 6, 7}).count()).isOne();
        assertThat(hasher.hash(new int[0]).count()).isZero();
    }

    private static String local(int[] tokens, String lora, String salt) {
        return unsigned(new BlockHasher(4, lora, salt, false).hash(tokens).local())[0];
    }

    private static String[] unsigned(long[] hashes) {
        return IntStream.range(0, hashes.length)
                .mapToObj(i -> Long.toUnsignedString(hashes[i]))
                .toArray(String[]::new);
    }
}
