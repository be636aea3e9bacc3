package io.kvepp.pool.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.BodyEdit;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelNameEditTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {"model":"a","messages":[]}           | {"model":"new\\"name","messages":[]}
            {"messages":[{"model":"x"}], "model" : "a" , "n":1} | {"messages":[{"model":"x"}], "model" : "new\\"name" , "n":1}
            {"é":"é","model":"ü"}                 | {"é":"é","model":"new\\"name"}
            {"model":"a\\u0041\\"b"}              | {"model":"new\\"name"}
            """)
    void theTopLevelNameIsReplacedAndNothingElse(String body, String expected) {
        byte[] bytes = bytes(body);

        BodyEdit edit = ModelNameEdit.replacing(ModelNameEdit.find(bytes), "new\"name");

        assertThat(text(ModelNameEdit.applied(bytes, edit))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "{\"model\":1}", "{\"x\":{\"model\":\"a\"}}", "{\"model\"", "no json"})
    void aBodyWithoutANameIsLeftAlone(String body) {
        assertThat(ModelNameEdit.find(bytes(body))).isNull();
    }

    /// Bytes 4 to 6 become `XYZ`; then, in what that made of it, another place changes.
    @ParameterizedTest
    @CsvSource({"0, 2, ''", "1, 0, +++", "8, 1, ''", "8, 2, longer", "10, 0, end", "9, 1, a"})
    void bothEditsInOneAreTheSameAsOneAfterTheOther(int offset, int length, String replacement) {
        byte[] body = bytes("012345678");
        BodyEdit first = new BodyEdit(4, 2, bytes("XYZ"));
        BodyEdit second = new BodyEdit(offset, length, bytes(replacement));
        byte[] expected = ModelNameEdit.applied(ModelNameEdit.applied(body, first), second);

        assertThat(text(ModelNameEdit.applied(body, ModelNameEdit.both(body, first, second))))
                .isEqualTo(text(expected));
        assertThat(ModelNameEdit.both(body, first, BodyEdit.NONE)).isEqualTo(first);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
