package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Operations on text that filters and methods share.
final class Texts {
    private Texts() {}

    /// Without the leading and trailing characters that occur in `chars`, or are Python whitespace
    /// when `chars` is `null`.
    static String strip(String text, @Nullable String chars, boolean left, boolean right) {
        int start = 0;
        int end = text.length();
        while (left && start < end) {
            int c = text.codePointAt(start);
            if (!isStripped(c, chars)) {
                break;
            }
            start += Character.charCount(c);
        }
        while (right && start < end) {
            int c = text.codePointBefore(end);
            if (!isStripped(c, chars)) {
                break;
            }
            end -= Character.charCount(c);
        }
        return text.substring(start, end);
    }

    private static boolean isStripped(int c, @Nullable String chars) {
        return chars == null ? Characters.isPythonSpace(c) : chars.indexOf(c) >= 0;
    }

    static String title(Budget budget, String text) throws JinjaRenderException {
        budget.build(text.length());
        StringBuilder out = new StringBuilder(text.length());
        boolean atStart = true;
        for (int at = 0; at < text.length(); ) {
            int end = text.offsetByCodePoints(at, 1);
            String one = text.substring(at, end);
            int c = one.codePointAt(0);
            at = end;
            if (Characters.isAsciiPunctuation(c) || Characters.isSpace(c)) {
                out.append(one);
                atStart = true;
            } else {
                out.append(atStart ? one.toUpperCase(Locale.ROOT) : one.toLowerCase(Locale.ROOT));
                atStart = false;
            }
        }
        return out.toString();
    }

    static String capitalize(Budget budget, String text) throws JinjaRenderException {
        if (text.isEmpty()) {
            return text;
        }
        budget.build(text.length());
        int first = text.offsetByCodePoints(0, 1);
        return text.substring(0, first).toUpperCase(Locale.ROOT)
                + text.substring(first).toLowerCase(Locale.ROOT);
    }

    /// Replaces the first `most` occurrences. An empty `from` occurs around every character.
    static String replace(Budget budget, String text, String from, String to, long most) throws JinjaRenderException {
        budget.scan(text.length());
        if (from.isEmpty()) {
            return intersperse(budget, text, to, most);
        }
        int at = text.indexOf(from);
        if (at < 0 || most == 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int copied = 0;
        for (long done = 0; at >= 0 && done < most; done++) {
            out.append(text, copied, at).append(to);
            budget.checkLength(out.length());
            copied = at + from.length();
            at = text.indexOf(from, copied);
        }
        out.append(text, copied, text.length());
        budget.build(out.length());
        return out.toString();
    }

    private static String intersperse(Budget budget, String text, String to, long most) throws JinjaRenderException {
        budget.build(text.length() + (text.length() + 1L) * to.length());
        StringBuilder out = new StringBuilder();
        int at = 0;
        for (long done = 0; done < most; done++) {
            out.append(to);
            if (at >= text.length()) {
                return out.toString();
            }
            int end = text.offsetByCodePoints(at, 1);
            out.append(text, at, end);
            at = end;
        }
        return out.append(text, at, text.length()).toString();
    }

    /// The pieces between the first `most` occurrences of `separator`.
    static List<Object> split(Budget budget, String text, String separator, long most) throws JinjaRenderException {
        budget.items(text.length());
        List<Object> pieces = new ArrayList<>();
        int from = 0;
        int search = 0;
        while (pieces.size() < most) {
            int at = search > text.length() ? -1 : text.indexOf(separator, search);
            if (at < 0) {
                break;
            }
            pieces.add(text.substring(from, at));
            from = at + separator.length();
            search = separator.isEmpty() ? next(text, at) : from;
        }
        pieces.add(text.substring(from));
        return pieces;
    }

    private static int next(String text, int at) {
        return at >= text.length() ? at + 1 : text.offsetByCodePoints(at, 1);
    }

    /// The words between runs of White_Space; after `most` splits the rest is one word, with the
    /// whitespace at its end.
    static List<Object> splitSpace(Budget budget, String text, long most) throws JinjaRenderException {
        return words(budget, text, most, false);
    }

    /// As [#splitSpace] with Python's whitespace.
    static List<Object> splitPythonSpace(Budget budget, String text, long most) throws JinjaRenderException {
        return words(budget, text, most, true);
    }

    private static List<Object> words(Budget budget, String text, long most, boolean python)
            throws JinjaRenderException {
        budget.items(text.length());
        List<Object> words = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < text.length() && isSpace(text.charAt(at), python)) {
                at++;
            }
            if (at == text.length()) {
                return words;
            }
            if (words.size() == most) {
                words.add(text.substring(at));
                return words;
            }
            int start = at;
            while (at < text.length() && !isSpace(text.charAt(at), python)) {
                at++;
            }
            words.add(text.substring(start, at));
        }
    }

    // No whitespace lies beyond the basic plane, so chars do for code points.
    private static boolean isSpace(char c, boolean python) {
        return python ? Characters.isPythonSpace(c) : Characters.isSpace(c);
    }

    /// The lines of Python's `str.splitlines`.
    static List<Object> splitLines(Budget budget, String text, boolean keepEnds) throws JinjaRenderException {
        budget.items(text.length());
        List<Object> lines = new ArrayList<>();
        int start = 0;
        for (int at = 0; at < text.length(); ) {
            char c = text.charAt(at);
            int end = at + 1;
            if (!isLineBreak(c)) {
                at = end;
                continue;
            }
            if (c == '\r' && end < text.length() && text.charAt(end) == '\n') {
                end++;
            }
            lines.add(text.substring(start, keepEnds ? end : at));
            start = end;
            at = end;
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    private static boolean isLineBreak(char c) {
        return switch (c) {
            case '\n', '\r', 0x0b, '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029 -> true;
            default -> false;
        };
    }

    /// The number of UTF-8 bytes of `text` before `index`: the unit in which `find` answers.
    static long utf8Length(String text, int index) {
        long bytes = 0;
        for (int i = 0; i < index; i++) {
            char c = text.charAt(i);
            bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return bytes;
    }
}
