package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /// Tokens `first` to `last` in blocks of so many: the local hashes, then the sequence hash of the
    /// last block.
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            lora | 4 | 1 | 12 | adapter-a |  | false | 11381080598872079209 5698110331184095209 10923852707342720619 \
                | 11381080598872079209 17518568667535815909 12857975441449519705
            namespace cache-a | 4 | 1 | 12 | | cache-a | false | 11815791040635859300 7154408985666836990 8068761957079264017 \
                | 11815791040635859300 5605743795375600041 14372851126606470756
            namespace tenant-a | 4 | 1 | 12 | | tenant-a | false | 5738685477468498325 11202231085456067787 9318114775459440904 \
                | 5738685477468498325 1076233986426276607 14251413665512820044
            lora and namespace | 4 | 1 | 12 | adapter-a | cache-a | false | 9262824415928840400 11986027628175468376 16025506242014725618 \
                | 9262824415928840400 14031409998602846859 2543680423139129519
            eagle, two fit | 4 | 1 | 12 | | | true | 1914873892905420881 1929047464662796003 | 1914873892905420881 13136491855314414045
            eagle, three fit | 4 | 1 | 13 | | | true | 1914873892905420881 1929047464662796003 8175084615354468756 \
                | 1914873892905420881 13136491855314414045 14998081555153400732
            blocks of 16 | 16 | 0 | 31 | | | false | 15310707395893867146 15292316782987903195 | 15310707395893867146 13769157705258532664
            blocks of 64 | 64 | 0 | 127 | | | false | 3480597578098033343 3318286205056455972 | 3480597578098033343 2575318956255022795
            """)
    void hashesOfRanges(
            String name,
            int blockSize,
            int first,
            int last,
            String lora,
            String salt,
            boolean eagle,
            String local,
            String sequence) {
        BlockHashes hashes = new BlockHasher(blockSize, lora, salt, eagle)
                .hash(IntStream.rangeClosed(first, last).toArray());

        assertThat(unsigned(hashes.local())).containsExactly(local.split(" "));
        assertThat(unsigned(hashes.sequence())).containsExactly(sequence.split(" "));
    }

    @Test
    void equalBlocksHaveEqualLocalHashesAndDifferentSequenceHashes() {
        BlockHashes zeros = new BlockHasher(16, null, null, false).hash(new int[32]);

        assertThat(unsigned(zeros.local())).containsExactly("5523182284766269584", "5523182284766269584");
        assertThat(unsigned(zeros.sequence())).containsExactly("5523182284766269584", "3102875163438626881");
        assertThat(local(new int[] {-1, -1, -1, -1}, null, null)).isEqualTo("12410542959481710713");
    }

    /// The objects follow the ids in ascending order; the blocks after them chain on.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            42   | 14000361058806882387 | 10247411101078363231 | 8233477397135640825
            42 7 | 6295130183325757331  | 8336207648877405278  | 15076785165866600599
            """)
    void mediaObjectsAreHashedWithTheirBlock(String objects, String first, String second, String third) {
        byte[] ids = new byte[ONE_TO_TWELVE.length * Integer.BYTES];
        ByteBuffer.wrap(ids).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(ONE_TO_TWELVE);
        BlockHasher hasher = new BlockHasher(4, null, null, false);
        long[] plain = hasher.localHashes(ids, 3);

        long local = hasher.localHash(
                ids,
                0,
                Arrays.stream(objects.split(" ")).mapToLong(Long::parseLong).toArray());

        long next = BlockHasher.next(local, plain[1]);
        assertThat(unsigned(new long[] {local, next, BlockHasher.next(next, plain[2])}))
                .containsExactly(first, second, third);
    }

    @Test
    void theFunctionIsXxh3() {
        byte[] text = "test data".getBytes(StandardCharsets.US_ASCII);

        assertThat(Long.toUnsignedString(Hashing.xxh3_64(BlockHasher.SEED).hashBytesToLong(text)))
                .isEqualTo("13226331709069118873");
    }

    @ParameterizedTest
    @CsvSource({
        "adapter-a, , 8842669519798868182",
        ", cache-a, 7858274578289666518",
        "adapter-a, cache-a, 16700944098088533363"
    })
    void namesAddToTheSeed(String lora, String salt, String seed) {
        assertThat(Long.toUnsignedString(
                        new BlockHasher(4, lora, salt, false).cut().seed()))
                .isEqualTo(seed);
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
