package io.kvepp.router;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputBlocksTest {
    @ParameterizedTest(name = "{0} prompt tokens, {1} generated -> {2}")
    @CsvSource({
        // the prompt's last block takes the first tokens
        "30, 0, 0",
        "30, 2, 0",
        "30, 3, 1",
        "30, 18, 1",
        "30, 19, 2",
        // a full prompt's output opens a block at once
        "32, 1, 1",
        "32, 16, 1",
        "32, 17, 2",
        "0, 1, 1",
    })
    void outputFillsThePromptsLastBlockFirst(int promptTokens, int generated, int blocks) {
        assertThat(new OutputBlocks(promptTokens, 16, -1).after(generated)).isEqualTo(blocks);
    }

    @ParameterizedTest(name = "{1} of {0} expected -> {2}")
    @CsvSource({"-1, 50, 1", "0, 50, 1", "100, 0, 1", "100, 25, 0.75", "100, 100, 0", "100, 500, 0"})
    void theNearerTheExpectedEndTheLessABlockWeighs(int expected, int generated, double weight) {
        assertThat(new OutputBlocks(30, 16, expected).weightAfter(generated)).isEqualTo(weight);
    }
}
