package io.kvepp.inference.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against Jackson's own parser.
class BodyJsonParserTest {
    private static final int TEXTS = 20_000;

    private static final String[] PIECES = {
        "plain words of a text ",
        "a",
        "",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "\\t\\r\\b\\f",
        "\\u00e9",
        "\\ud83d\\ude00",
        "é",
        "漢字",
        "😀",
        "\u007f",
        "/",
        "'",
        "{[,:]}",
        "12345678",
        "1234567890123456",
    };

    private static final String[] ODD_PIECES = {"\n", "\u0001", "\\x", "\\", "\\u12", "\"", "\\\u0000"};

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void readsWhatJacksonReads(boolean lenient, boolean odd) throws IOException {
        JsonFactory own = new BodyJsonFactory(settings(lenient));
        JsonFactory jackson = settings(lenient).build();
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < TEXTS; i++) {
            byte[] text = text(random, odd).getBytes(StandardCharsets.UTF_8);
            long looks = random.nextLong();
            List<String> expected = read(jackson, text, looks);
            assertThat(read(own, text, looks))
                    .as(() -> new String(text, StandardCharsets.UTF_8))
                    .isEqualTo(expected);
            refused += expected.getLast().equals("refused") ? 1 : 0;
        }
        assertThat(refused).isBetween(odd ? TEXTS / 20 : 0, odd ? TEXTS * 19 / 20 : 0);
    }

    @Test
    void readsLongTextsWhereverTheirCharactersAreParted() throws IOException {
        JsonFactory own = new BodyJsonFactory(settings(false));
        JsonFactory jackson = settings(false).build();
        for (int ascii = (1 << 17) - 5; ascii < (1 << 17) + 5; ascii++) {
            for (String wide : new String[] {"é", "漢", "😀", "é漢😀\\n"}) {
                byte[] text =
                        ("[\"" + "a".repeat(ascii) + wide.repeat(70_000) + "\"]").getBytes(StandardCharsets.UTF_8);

                assertThat(read(own, text, -1).equals(read(jackson, text, -1))).isTrue();
            }
        }
    }

    private static String text(Random random, boolean odd) {
        StringBuilder text = new StringBuilder("[");
        for (int value = random.nextInt(4); value >= 0; value--) {
            text.append('"');
            for (int piece = random.nextInt(8); piece > 0; piece--) {
                boolean isOdd = odd && random.nextInt(40) == 0;
                text.append(
                        isOdd ? ODD_PIECES[random.nextInt(ODD_PIECES.length)] : PIECES[random.nextInt(PIECES.length)]);
            }
            text.append('"').append(value > 0 ? "," : "");
        }
        text.append(']');
        if (odd && random.nextInt(20) == 0) {
            text.setLength(random.nextInt(text.length()));
        }
        return text.toString();
    }

    /// The tokens; `looks` says which texts are asked for, and which of them twice.
    private static List<String> read(JsonFactory factory, byte[] text, long looks) throws IOException {
        List<String> read = new ArrayList<>();
        try (JsonParser parser = factory.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                read.add(token.name());
                for (long times = looks >>> read.size() & 3; times > 1; times--) {
                    read.add(parser.getText());
                }
            }
            read.add("end");
        } catch (JsonProcessingException e) {
            read.add("refused");
        }
        return read;
    }

    private static JsonFactoryBuilder settings(boolean lenient) {
        return new JsonFactoryBuilder().configure(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS, lenient);
    }
}
