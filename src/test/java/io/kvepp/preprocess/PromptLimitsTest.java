package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PromptLimitsTest {
    private static final int RUN = PromptLimits.RUN_CHARS_MAX;

    @Test
    void longTextOfShortWordsIsFine() {
        assertThat(PromptLimits.tooLong("word ".repeat(1 << 20))).isNull();
    }

    @Test
    void anEndlessWordOrEndlessWhiteSpaceIsNot() {
        String run = "a".repeat(PromptLimits.RUN_CHARS_MAX);

        assertThat(PromptLimits.tooLong("x " + run)).isNull();
        assertThat(PromptLimits.tooLong("x " + run + "a y")).contains("a word of more than 1048576");
        assertThat(PromptLimits.tooLong("x" + " ".repeat(PromptLimits.RUN_CHARS_MAX + 1)))
                .isNotNull();
    }

    @Test
    void anEndlessWordIsFoundWhereverItStands() {
        for (int before : new int[] {1, 3, RUN / 2, RUN - 1, RUN, RUN + 1, 3 * RUN + 5}) {
            String start = "ab ".repeat(before / 3 + 1).substring(0, before - 1) + " ";
            String end = " c".repeat(RUN);

            assertThat(PromptLimits.tooLong(start + "a".repeat(RUN) + end)).isNull();
            assertThat(PromptLimits.tooLong(start + "a".repeat(RUN + 1) + end)).isNotNull();
        }
    }

    @Test
    void aPromptBeyondAnyModelIsNot() {
        assertThat(PromptLimits.tooLong("word ".repeat(PromptLimits.PROMPT_CHARS_MAX / 5 + 1)))
                .contains("more than 16777216");
    }
}
