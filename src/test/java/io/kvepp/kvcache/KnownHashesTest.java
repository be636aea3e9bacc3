package io.kvepp.kvcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownHashesTest {
    private static final long ROOM = 8 << 20;

    private final Random random = new Random(7);
    private final KnownHashes known = new KnownHashes(ROOM);

    @ParameterizedTest(name = "block {0}, eagle {1}: grown from {2} to {3} tokens")
    @CsvSource({
        "128, false, 32768, 33280",
        "128, false, 5000, 9001",
        "16, false, 1023, 1040",
        "16, false, 1024, 1025",
        "16, true, 1024, 1025",
        "16, true, 1025, 4097",
        "4, false, 12, 40",
        "1, false, 3000, 3001",
        "2048, false, 10000, 20000",
        "16, false, 15, 64",
    })
    void ofAPromptThatGrewOnlyTheNewBlocksAreHashed(int block, boolean eagle, int before, int after) {
        BlockHasher hasher = new BlockHasher(block, null, null, eagle);
        int[] grown = tokens(after);
        int old = known.hash(hasher, Arrays.copyOf(grown, before)).count();
        assertThat(known.blocksHashed()).isEqualTo(old);

        BlockHashes hashes = known.hash(hasher, grown);

        assertSame(hashes, hasher.hash(grown));
        assertThat(known.blocksKnown()).isEqualTo(old);
        assertThat(known.blocksHashed()).isEqualTo(hashes.count());
    }

    @Test
    void aConversationOfManyTurnsIsHashedOnceInAll() {
        BlockHasher hasher = new BlockHasher(16, null, null, false);
        int[] whole = tokens(20_000);
        for (int length = 300; length <= whole.length; length += 197) {
            assertSame(known.hash(hasher, Arrays.copyOf(whole, length)), hasher.hash(Arrays.copyOf(whole, length)));
        }
        assertSame(known.hash(hasher, whole), hasher.hash(whole));
        assertThat(known.blocksHashed()).isEqualTo(20_000 / 16);
    }

    @Test
    void conversationsThatShareABeginningShareItsHashes() {
        BlockHasher hasher = new BlockHasher(16, null, null, false);
        int[] system = tokens(10_000);
        for (int conversation = 0; conversation < 10; conversation++) {
            int[] prompt = Arrays.copyOf(system, 12_000);
            System.arraycopy(tokens(2_000), 0, prompt, 10_000, 2_000);
            assertSame(known.hash(hasher, prompt), hasher.hash(prompt));
        }
        // 9 complete pieces of 1,024 tokens, and at most the rest of one more.
        assertThat(known.blocksKnown()).isBetween(9 * 576L, 9 * 625L);
    }

    @Test
    void whatDiffersInOneTokenIsHashedAnewFromThereOn() {
        BlockHasher hasher = new BlockHasher(16, null, null, false);
        int[] prompt = tokens(6_000);
        known.hash(hasher, prompt);
        for (int changed : new int[] {0, 15, 16, 1023, 1024, 1100, 5_991}) {
            int[] other = prompt.clone();
            other[changed]++;
            assertSame(known.hash(hasher, other), hasher.hash(other));
        }
    }

    @Test
    void otherSaltsAdaptersAndBlocksHaveHashesOfTheirOwn() {
        int[] prompt = tokens(3_000);
        List<BlockHasher> hashers = List.of(
                new BlockHasher(16, null, null, false),
                new BlockHasher(16, null, null, true),
                new BlockHasher(16, null, "tenant-a", false),
                new BlockHasher(16, null, "tenant-b", false),
                new BlockHasher(16, "adapter-a", null, false),
                new BlockHasher(32, null, null, false));
        for (int round = 0; round < 2; round++) {
            for (BlockHasher hasher : hashers) {
                assertSame(known.hash(hasher, prompt), hasher.hash(prompt));
            }
        }
        assertThat(known.blocksKnown()).isEqualTo(known.blocksHashed());
    }

    @Test
    void whatIsKeptIsBounded() {
        KnownHashes small = new KnownHashes(200_000);
        BlockHasher hasher = new BlockHasher(16, null, null, false);
        for (int prompt = 0; prompt < 50; prompt++) {
            small.hash(hasher, tokens(8_192));
            assertThat(small.bytes()).isLessThanOrEqualTo(200_000);
        }
    }

    @Test
    void aConversationInUseIsRememberedWhateverElseComes() {
        KnownHashes small = new KnownHashes(200_000);
        BlockHasher hasher = new BlockHasher(16, null, null, false);
        int[] conversation = tokens(4_096);
        small.hash(hasher, conversation);
        for (int other = 0; other < 50; other++) {
            small.hash(hasher, tokens(4_096));
            long hashedBefore = small.blocksHashed();
            small.hash(hasher, conversation);
            assertThat(small.blocksHashed()).isEqualTo(hashedBefore);
        }
    }

    /// Prompts that end, part and meet again anywhere.
    @Test
    void agreesWithThePlainHasherOnRandomTreesOfPrompts() {
        List<int[]> prompts = new ArrayList<>(List.of(tokens(500)));
        KnownHashes small = new KnownHashes(300_000);
        for (int step = 0; step < 1_000; step++) {
            int[] from = prompts.get(random.nextInt(prompts.size()));
            int kept = random.nextInt(from.length + 1);
            int[] prompt = Arrays.copyOf(from, kept + random.nextInt(700));
            for (int i = kept; i < prompt.length; i++) {
                prompt[i] = random.nextInt(3);
            }
            BlockHasher hasher = new BlockHasher(1 << random.nextInt(12), null, null, random.nextBoolean());
            assertSame(small.hash(hasher, prompt), hasher.hash(prompt));
            if (prompts.size() < 200) {
                prompts.add(prompt);
            } else {
                prompts.set(random.nextInt(200), prompt);
            }
        }
        assertThat(small.blocksKnown()).isPositive();
    }

    /// Each forgets what others write at that moment.
    @Test
    void threadsThatShareItGetThePlainHashers() {
        KnownHashes small = new KnownHashes(100_000);
        List<int[]> prompts = IntStream.range(0, 20)
                .mapToObj(i -> Arrays.copyOf(tokens(1_000), 4_000))
                .toList();
        BlockHasher hasher = new BlockHasher(16, null, null, false);
        IntStream.range(0, 4).parallel().forEach(thread -> {
            Random own = new Random(thread);
            for (int i = 0; i < 2_000; i++) {
                int[] prompt = Arrays.copyOf(prompts.get(own.nextInt(prompts.size())), 1_000 + own.nextInt(3_000));
                assertSame(small.hash(hasher, prompt), hasher.hash(prompt));
            }
        });

        assertThat(small.blocksKnown()).isPositive();
    }

    private int[] tokens(int count) {
        return random.ints(count, 0, 150_000).toArray();
    }

    private static void assertSame(BlockHashes hashes, BlockHashes plain) {
        assertThat(Arrays.equals(hashes.local(), plain.local())).isTrue();
        assertThat(Arrays.equals(hashes.sequence(), plain.sequence())).isTrue();
        assertThat(hashes.blockSizeTokens()).isEqualTo(plain.blockSizeTokens());
    }
}
