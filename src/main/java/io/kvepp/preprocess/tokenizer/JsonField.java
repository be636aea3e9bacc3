package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/// A JSON value with its path, which every complaint about it names.
///
/// Immutable.
record JsonField(String path, JsonNode value) {
    private static final int SHOWN_CHARS_MAX = 80;

    /// The member `name`; a missing one and null are the same.
    JsonField get(String name) {
        return new JsonField(path + "." + name, value.path(name));
    }

    boolean isAbsent() {
        return value.isMissingNode() || value.isNull();
    }

    String string() throws UnsupportedTokenizerException {
        if (!value.isTextual()) {
            throw refused("a string");
        }
        return value.textValue();
    }

    boolean bool() throws UnsupportedTokenizerException {
        if (!value.isBoolean()) {
            throw refused("true or false");
        }
        return value.booleanValue();
    }

    boolean bool(boolean absent) throws UnsupportedTokenizerException {
        return isAbsent() ? absent : bool();
    }

    List<JsonField> elements() throws UnsupportedTokenizerException {
        if (!value.isArray()) {
            throw refused("an array");
        }
        List<JsonField> elements = new ArrayList<>(value.size());
        for (JsonNode element : value) {
            elements.add(new JsonField(path + "[" + elements.size() + "]", element));
        }
        return elements;
    }

    UnsupportedTokenizerException refused(String expected) {
        String shown = value.isMissingNode() ? "missing" : value.toString();
        String cut = shown.length() > SHOWN_CHARS_MAX ? shown.substring(0, SHOWN_CHARS_MAX) + "..." : shown;
        return UnsupportedTokenizerException.of(path, cut, expected);
    }
}
