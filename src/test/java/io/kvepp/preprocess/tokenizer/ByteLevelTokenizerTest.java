package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteLevelTokenizerTest {
    private static final Duration LONG_PIECE_DEADLINE = Duration.ofSeconds(20);

    private final Tokenizer tokenizer = load();

    @ParameterizedTest
    @ValueSource(strings = {"a", " ", "\n", "=", "\u00E9", "\u4E16", "\u0301", "\uD83D\uDE00", "ab", "1"})
    void aMillionTimesTheSameTakesNoQuadraticTime(String unit) {
        String text = unit.repeat(1_000_000);
        assertThat(assertTimeoutPreemptively(LONG_PIECE_DEADLINE, () -> tokenizer.encode(text)))
                .isNotEmpty();
    }

    @Test
    void loneSurrogatesCountAsReplacementCharacters() {
        assertThat(tokenizer.encode("a\uD800b\uDC00\uD83D\uDE00\uDBFF"))
                .isEqualTo(tokenizer.encode("a\uFFFDb\uFFFD\uD83D\uDE00\uFFFD"));
    }

    @Test
    void idsOfATextAreThoseOfItsSegments() {
        String message = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n";
        int[] one = tokenizer.encode(message);
        int[] two = tokenizer.encode(message + message);

        assertThat(two).hasSize(2 * one.length).startsWith(one).endsWith(one);
    }

    @Test
    void countsWhatItKnewAndWhatItHadToTokenize() {
        String known = "a text that is long enough to be kept";
        tokenizer.encode(known);
        CacheUse before = tokenizer.cacheUse();
        tokenizer.encode(known + "<|im_end|>another text of some length");
        CacheUse after = tokenizer.cacheUse();

        assertThat(after.charsFound() - before.charsFound()).isEqualTo(known.length());
        assertThat(after.charsMissed() - before.charsMissed()).isEqualTo("another text of some length".length());
        assertThat(after.pieces() - before.pieces()).isEqualTo(5);
    }

    @Test
    void aCacheThatOutlivesItsPromptGivesTheSameIds() throws Exception {
        Tokenizer small = Fixtures.load(Fixtures.tokenizerJson());
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            String message = "message " + random.nextInt(50) + " of a conversation, and its text";
            int[] alone = tokenizer.encode(message);
            assertThat(small.encode(message + "<|im_end|>" + "x".repeat(20 + random.nextInt(200))))
                    .startsWith(alone);
        }
    }

    @Test
    void manyThreadsGetTheSameIds() throws Exception {
        Random random = new Random(3);
        List<String> texts = new ArrayList<>();
        List<int[]> expected = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            texts.add(Fixtures.text(random, 20));
            expected.add(tokenizer.encode(texts.get(i)));
        }
        Tokenizer shared = load();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Boolean>> results = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                Callable<Boolean> task = () -> {
                    for (int i = 0; i < texts.size(); i++) {
                        assertThat(shared.encode(texts.get(i))).isEqualTo(expected.get(i));
                    }
                    return true;
                };
                results.add(threads.submit(task));
            }
            for (Future<Boolean> result : results) {
                assertThat(result.get()).isTrue();
            }
        }
    }

    private static Tokenizer load() {
        try {
            return TokenizerLoader.load(Fixtures.bytes("tokenizer.json"), null);
        } catch (UnsupportedTokenizerException e) {
            throw new AssertionError(e);
        }
    }
}
