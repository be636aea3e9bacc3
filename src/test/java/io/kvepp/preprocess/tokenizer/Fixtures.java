package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Random;

/// The small generated tokenizer and changed copies of it.
final class Fixtures {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private static final String[] PARTS = {
        "the",
        "Quick",
        "JUMPS",
        "iPhone",
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\n  ",
        "'s",
        "'\u017F",
        "'LL",
        "'Re",
        "'x",
        "1",
        "12345",
        "\u0663",
        "\u00B2",
        "\u216B",
        "\u00E9",
        "e\u0301",
        "\u0301",
        "\u01C5",
        "\u02B0",
        "\u00AA",
        "\u4E16",
        "\u3042",
        "\u0E2A",
        "\u0645",
        "/",
        "//",
        "-",
        "...",
        "\u00A0",
        "\u3000",
        "\u0085",
        "\u200B",
        "\uD83D\uDE00",
        "\uD835\uDC00",
        "\uD801\uDC28",
        "\u1680",
        "\u0903",
        "<|im_start|>"
    };

    private Fixtures() {}

    static byte[] bytes(String name) {
        try (InputStream in = Objects.requireNonNull(Fixtures.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ObjectNode tokenizerJson() {
        try {
            return (ObjectNode) MAPPER.readTree(bytes("tokenizer.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Tokenizer load(ObjectNode tokenizerJson) throws UnsupportedTokenizerException {
        return TokenizerLoader.load(bytesOf(tokenizerJson), null);
    }

    static byte[] bytesOf(JsonNode json) {
        try {
            return MAPPER.writeValueAsBytes(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Text full of what splits and normalizers care about.
    static String text(Random random, int partsMax) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(partsMax) + 1; i > 0; i--) {
            text.append(PARTS[random.nextInt(PARTS.length)]);
            if (random.nextInt(6) == 0) {
                int codePoint = random.nextInt(0x1F800);
                text.appendCodePoint(Character.getType(codePoint) == Character.SURROGATE ? '?' : codePoint);
            }
        }
        return text.toString();
    }
}
