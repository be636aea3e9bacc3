package io.kvepp.pool.rules;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.kvepp.inference.json.JsonValues;
import io.kvepp.picker.BodyEdit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Another model's name in a body.
///
/// Static functions; thread-safe.
final class ModelNameEdit {
    private ModelNameEdit() {}

    /// The top-level `model` of a JSON body.
    ///
    /// - `offset`, `length`: of its value, quotes included, in bytes
    record Found(String model, int offset, int length) {}

    /// Null when the body has none, or it is no text, or it cannot be seen.
    static @Nullable Found find(byte[] body) {
        try (JsonParser parser = JsonValues.skimmer(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean isModel = parser.currentName().equals("model");
                if (parser.nextToken() == JsonToken.VALUE_STRING && isModel) {
                    int start = (int) parser.currentTokenLocation().getByteOffset();
                    String model = parser.getText(); // reads to the closing quote
                    return new Found(
                            model, start, (int) parser.currentLocation().getByteOffset() - start);
                }
                parser.skipChildren();
            }
            return null;
        } catch (JsonProcessingException | IllegalStateException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array is no device
        }
    }

    static BodyEdit replacing(Found found, String model) {
        return new BodyEdit(found.offset(), found.length(), quoted(model));
    }

    /// As a JSON string.
    static byte[] quoted(String text) {
        return ('"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"')
                .getBytes(StandardCharsets.UTF_8);
    }

    static byte[] applied(byte[] body, BodyEdit edit) {
        byte[] edited = Arrays.copyOf(body, body.length - edit.length() + edit.replacement().length);
        System.arraycopy(edit.replacement(), 0, edited, edit.offset(), edit.replacement().length);
        int rest = edit.offset() + edit.length();
        System.arraycopy(body, rest, edited, edit.offset() + edit.replacement().length, body.length - rest);
        return edited;
    }

    /// The edit of `body` that is the same as `first` and then `second`, which changes what `first`
    /// made of it elsewhere than `first` did.
    static BodyEdit both(byte[] body, BodyEdit first, BodyEdit second) {
        if (second.isNone()) {
            return first;
        }
        byte[] edited = applied(applied(body, first), second);
        int growth = first.replacement().length - first.length();
        int secondOffset = second.offset() > first.offset() ? second.offset() - growth : second.offset();
        int start = Math.min(first.offset(), secondOffset);
        int end = Math.max(first.offset() + first.length(), secondOffset + second.length());
        return new BodyEdit(start, end - start, Arrays.copyOfRange(edited, start, edited.length - (body.length - end)));
    }
}
