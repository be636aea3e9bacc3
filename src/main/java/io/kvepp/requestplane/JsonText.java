package io.kvepp.requestplane;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/// Texts as JSON has them, for messages too small and too many for a tree.
///
/// Thread-safe.
final class JsonText {
    private JsonText() {}

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 8).append('"');
        JsonStringEncoder.getInstance().quoteAsString(text, quoted);
        return quoted.append('"').toString();
    }
}
