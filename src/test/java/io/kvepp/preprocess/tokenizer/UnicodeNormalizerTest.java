package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.text.Normalizer;
import java.text.Normalizer.Form;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnicodeNormalizerTest {
    private static final int LAST_CODE_POINT_OF_UNICODE_3 = 0x2FA1D;

    /// Only code points without newer normalization data: blocks that Unicode 3 had complete.
    @ParameterizedTest
    @EnumSource(Form.class)
    void windowsGiveWhatTheWholeTextWouldGive(Form form) {
        UnicodeNormalizer normalizer = new UnicodeNormalizer(form);
        Random random = new Random(5);
        int[][] blocks = {
            {0x20, 0x250},
            {0x300, 0x360},
            {0x384, 0x3CF},
            {0x400, 0x45F},
            {0x1E00, 0x1EF9},
            {0x1100, 0x11F9},
            {0xAC00, 0xD7A3},
            {0x3041, 0x30FE},
            {0xF900, 0xFA2D},
            {0xFF01, 0xFFDC},
            {0x2F800, LAST_CODE_POINT_OF_UNICODE_3},
            {0x4E00, 0x9FA5},
            {0x2000, 0x2063},
            {0x1D15E, 0x1D1C0},
            {0x2190, 0x22F1},
            {0x1F400, 0x1F4FC}
        };
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(12); n >= 0; n--) {
                int[] block = blocks[random.nextInt(blocks.length)];
                text.appendCodePoint(random.nextInt(block[0], block[1] + 1));
            }
            String expected = Normalizer.normalize(text, form);
            assertThat(normalizer.normalize(text.toString())).as("%s", text).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"e\u1DF6\u0334", "\uD804\uDF82\uD804\uDFC9", "\uD801\uDDD2\u0307"})
    void codePointsYoungerThanUnicode9NeitherMoveNorCombine(String text) {
        assertThat(Normalizer.normalize(text, Form.NFC)).as("the JDK").isNotEqualTo(text);
        assertThat(new UnicodeNormalizer(Form.NFC).normalize(text)).isEqualTo(text);
    }

    @Test
    void textWithNothingToDoIsReturnedAsItIs() {
        String text = "plain text, \u00E9t\u00E9, \u4E16\u754C \uD83D\uDE00";
        assertThat(new UnicodeNormalizer(Form.NFC).normalize(text)).isSameAs(text);
    }
}
