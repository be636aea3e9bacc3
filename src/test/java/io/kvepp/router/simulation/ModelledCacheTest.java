package io.kvepp.router.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModelledCacheTest {
    private final ModelledCache cache = new ModelledCache(8);

    @Test
    void theLastBlockOfThePromptUsedLongestAgoGoesFirst() {
        useAndRelease(1, 2, 3);
        useAndRelease(11, 12, 13);

        assertThat(cache.use(new long[] {21, 22, 23, 24}, 0)).containsExactly(3, 2);
        assertThat(cache.prefix(new long[] {1, 2, 3})).isEqualTo(1);
        assertThat(cache.prefix(new long[] {11, 12, 13})).isEqualTo(3);
    }

    @Test
    void whatIsUsedAgainStaysLonger() {
        useAndRelease(1, 2);
        useAndRelease(11, 12);
        useAndRelease(1, 2, 3);

        assertThat(cache.use(new long[] {21, 22, 23, 24, 25}, 0)).containsExactly(12, 11);
    }

    @Test
    void blocksInUseNeitherGoNorLeaveRoom() {
        cache.use(new long[] {1, 2, 3, 4}, 1);

        assertThat(cache.fits(new long[] {1, 2, 3, 4, 5, 6, 7}, 0)).isTrue();
        assertThat(cache.fits(new long[] {1, 2, 3, 4, 5, 6, 7}, 1)).isFalse();
        assertThat(cache.fits(new long[] {11, 12, 13, 14}, 0)).isFalse();
    }

    @Test
    void aCopyLivesOnItsOwn() {
        useAndRelease(1, 2, 3);
        ModelledCache copy = cache.copy();
        copy.use(new long[] {11, 12, 13, 14, 15, 16, 17, 18}, 0);

        assertThat(copy.prefix(new long[] {1})).isZero();
        assertThat(cache.prefix(new long[] {1, 2, 3})).isEqualTo(3);
    }

    @Test
    void whateverIsUsedChildrenGoBeforeTheirParents() {
        Random random = new Random(5);
        ModelledCache large = new ModelledCache(64);
        Set<Long> held = new HashSet<>();
        List<long[]> inUse = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            if (inUse.size() > 3 || (!inUse.isEmpty() && random.nextInt(3) == 0)) {
                large.release(inUse.remove(random.nextInt(inUse.size())), 2);
            } else {
                long[] prompt = prompt(random);
                int known = 0;
                while (known < prompt.length && held.contains(prompt[known])) {
                    known++;
                }
                assertThat(large.prefix(prompt)).isEqualTo(known);
                if (large.fits(prompt, 2)) {
                    for (long gone : large.use(prompt, 2)) {
                        assertThat(held.remove(gone)).isTrue();
                    }
                    for (long block : prompt) {
                        held.add(block);
                    }
                    inUse.add(prompt);
                }
            }
            assertThat(held.size() + 2 * inUse.size()).isLessThanOrEqualTo(64);
            assertThat(held).allMatch(block -> block < 10 || held.contains(block / 10));
        }
    }

    /// A path in a tree: each block's name begins with its parent's.
    private static long[] prompt(Random random) {
        long[] prompt = new long[1 + random.nextInt(10)];
        prompt[0] = 1L + random.nextInt(4);
        for (int i = 1; i < prompt.length; i++) {
            prompt[i] = prompt[i - 1] * 10 + random.nextInt(3);
        }
        return prompt;
    }

    private void useAndRelease(long... prompt) {
        cache.use(prompt, 0);
        cache.release(prompt, 0);
    }
}
