package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenBufferTest {
    private static final int PAGE = TokenBuffer.PAGE_IDS;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 5})
    void idsComeBackInTheirOrder(int count) {
        int[] ids = IntStream.range(0, count).toArray();
        TokenBuffer one = new TokenBuffer(0);
        for (int id : ids) {
            one.add(id);
        }
        TokenBuffer all = new TokenBuffer(0);
        all.addAll(ids, count);

        assertThat(one.toArray()).isEqualTo(ids);
        assertThat(all.toArray()).isEqualTo(ids);
        assertThat(one.size()).isEqualTo(count);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 17, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE + 4})
    void whatIsCutOffIsForgotten(int left) {
        int[] ids = IntStream.range(0, 3 * PAGE + 5).toArray();
        TokenBuffer buffer = new TokenBuffer(0);
        for (int id : ids) {
            buffer.add(id);
        }
        buffer.cutTo(left);
        assertThat(buffer.toArray()).isEqualTo(Arrays.copyOf(ids, left));
        buffer.addAll(ids, 3);
        assertThat(buffer.size()).isEqualTo(left + 3);
        assertThat(Arrays.copyOfRange(buffer.toArray(), left, left + 3)).containsExactly(0, 1, 2);
    }

    @Test
    void whateverTheyAreWrittenIn() {
        Random random = new Random(5);
        TokenBuffer buffer = new TokenBuffer(100);
        for (int turn = 0; turn < 20; turn++) {
            IntStream.Builder expected = IntStream.builder();
            buffer.clear();
            int next = 0;
            while (next < turn * PAGE / 4) {
                int room = random.nextInt(random.nextInt(50) == 0 ? 2 * PAGE : 500);
                int written = random.nextInt(room + 1);
                int[] ids = buffer.reserve(room);
                for (int i = 0; i < written; i++) {
                    ids[buffer.end() + i] = next;
                    expected.add(next++);
                }
                buffer.end(buffer.end() + written);
            }

            int[] ids = expected.build().toArray();
            assertThat(buffer.size()).isEqualTo(ids.length);
            assertThat(buffer.toArray()).isEqualTo(ids);
        }
    }
}
