package io.kvepp.inference.json;

import static io.kvepp.inference.json.JsonBytes.Verdict.ESCAPED_CONTROL;
import static io.kvepp.inference.json.JsonBytes.Verdict.LONE_SURROGATE;
import static io.kvepp.inference.json.JsonBytes.Verdict.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBytesTest {
    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"é東😀\":\"\\n\\\\ud800 \\ud83d\\ude00 \\u00e9\"}", "{\"a\":\"raw \n\"}", "\\", ""})
    void ordinaryTextIsPlain(String text) {
        assertThat(JsonBytes.check(bytes(text))).isEqualTo(PLAIN);
    }

    @Test
    void aBackslashBeforeARawControlCharacterIsOdd() {
        assertThat(JsonBytes.check(bytes("\"\\\n\""))).isEqualTo(ESCAPED_CONTROL);
    }

    @Test
    void whatIsOddIsFoundWhereverItStands() {
        for (int before = 0; before < 40; before++) {
            String plain = "\u0001[]\u007f".repeat(10).substring(0, before);
            for (int after = 0; after < 20; after++) {
                String rest = " ".repeat(after);
                assertThat(JsonBytes.check(bytes(plain + "\\ud800" + rest))).isEqualTo(LONE_SURROGATE);
                assertThat(JsonBytes.check(bytes(plain + "é\\n" + rest))).isEqualTo(PLAIN);
                assertThat(JsonBytes.check(bytes(plain + "\\\u0001" + rest))).isEqualTo(ESCAPED_CONTROL);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"\\ud800\"", "\"\\udc00\"", "\"\\ud83d\\u0041\"", "\"\\ud83d\\n\"", "\"\\\\\\uD800\""})
    void halfOfASurrogatePairIsOdd(String text) {
        assertThat(JsonBytes.check(bytes(text))).isEqualTo(LONE_SURROGATE);
    }

    /// Rust's `String::from_utf8_lossy` documents these; Python's decoder does the same.
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "61 ff 62, a\ufffdb",
        "c3 28, \ufffd(",
        "e2 82 28, \ufffd(",
        "e2 28 a1, \ufffd(\ufffd",
        "f0 9f 98 28, \ufffd(",
        "f0 9f 28, \ufffd(",
        "ed a0 80, \ufffd\ufffd\ufffd",
        "f0 80 80 80, \ufffd\ufffd\ufffd\ufffd",
        "f5 80, \ufffd\ufffd",
        "c0 80, \ufffd\ufffd",
        "e9 9d b1 e2 82, \u9771\ufffd",
        "80 f4 90 80 80 41, \ufffd\ufffd\ufffd\ufffd\ufffdA"
    })
    void whatIsNoUtf8IsReplacedByItsLongestParts(String hex, String expected) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        assertThat(new String(JsonBytes.withoutInvalidUtf8(bytes), StandardCharsets.UTF_8))
                .isEqualTo(expected);
    }

    @Test
    void agreesWithTheDecoderOfTheJdkOnRandomBytes() {
        Random random = new Random(3);
        byte[] interesting = {
            (byte) 0xC2,
            (byte) 0xE0,
            (byte) 0xED,
            (byte) 0xF0,
            (byte) 0xF4,
            (byte) 0x80,
            (byte) 0x8F,
            (byte) 0x90,
            (byte) 0x9F,
            (byte) 0xA0,
            (byte) 0xBF,
            'a',
            (byte) 0xC1,
            (byte) 0xF5
        };
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[1 + random.nextInt(6)];
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = interesting[random.nextInt(interesting.length)];
            }
            assertThat(JsonBytes.check(bytes) == PLAIN).isEqualTo(decodes(bytes));
        }
    }

    private static boolean decodes(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
