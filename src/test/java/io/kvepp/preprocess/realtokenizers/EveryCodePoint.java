package io.kvepp.preprocess.realtokenizers;

import java.util.ArrayList;
import java.util.List;

/// Texts that hold each code point of the planes with characters between letters, digits, ideographs,
/// kana, spaces, marks and line ends, so that its classes show in the ids.
final class EveryCodePoint {
    private static final int CODE_POINTS_PER_TEXT = 64;
    private static final int FIRST_PLANES_END = 0x20000;
    private static final int TAGS = 0xE0000;
    private static final int TAGS_END = 0xE0200;

    private EveryCodePoint() {}

    static List<String> texts() {
        List<String> texts = new ArrayList<>();
        add(0, FIRST_PLANES_END, texts);
        add(TAGS, TAGS_END, texts);
        return texts;
    }

    private static void add(int from, int end, List<String> texts) {
        for (int start = from; start < end; start += CODE_POINTS_PER_TEXT) {
            if (start < Character.MIN_SURROGATE || start > Character.MAX_SURROGATE) {
                StringBuilder text = new StringBuilder();
                for (int codePoint = start; codePoint < start + CODE_POINTS_PER_TEXT; codePoint++) {
                    append(text, Character.toString(codePoint));
                }
                texts.add(text.toString());
            }
        }
    }

    private static void append(StringBuilder text, String c) {
        text.append('a')
                .append(c)
                .append("b ")
                .append(c)
                .append('1')
                .append(c)
                .append('\u4E16')
                .append(c);
        text.append('\u3042')
                .append(c)
                .append('\'')
                .append(c)
                .append('\u0301')
                .append(c)
                .append('\n');
    }
}
