package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What Python does to text.
final class PyText {
    static final int TAB_COLUMNS = 8;

    private static final int CAPITAL_SIGMA = 0x3a3;

    private PyText() {}

    static String upper(int c) {
        return Character.toString(c).toUpperCase(Locale.ROOT);
    }

    static String lower(int c) {
        return Character.toString(c).toLowerCase(Locale.ROOT);
    }

    private static String titled(int c) {
        String upper = upper(c);
        int title = Character.toTitleCase(c);
        if (upper.codePointCount(0, upper.length()) == 1) {
            return Character.toString(title);
        }
        return title == c ? firstCasedOnly(upper) : Character.toString(title);
    }

    private static String firstCasedOnly(String upper) {
        int at = 0;
        while (at < upper.length() && !PyChars.isCased(upper.codePointAt(at))) {
            at = upper.offsetByCodePoints(at, 1);
        }
        int end = at < upper.length() ? upper.offsetByCodePoints(at, 1) : at;
        return upper.substring(0, end) + upper.substring(end).toLowerCase(Locale.ROOT);
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        int[] codePoints = text.codePoints().toArray();
        boolean inWord = false;
        for (int i = 0; i < codePoints.length; i++) {
            out.append(inWord ? lower(codePoints, i) : titled(codePoints[i]));
            inWord = PyChars.isCased(codePoints[i]);
        }
        return out.toString();
    }

    static String capitalized(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int[] codePoints = text.codePoints().toArray();
        StringBuilder out = new StringBuilder(titled(codePoints[0]));
        for (int i = 1; i < codePoints.length; i++) {
            out.append(lower(codePoints, i));
        }
        return out.toString();
    }

    static String swappedCase(String text) {
        StringBuilder out = new StringBuilder(text.length());
        int[] codePoints = text.codePoints().toArray();
        for (int i = 0; i < codePoints.length; i++) {
            if (PyChars.isUpper(codePoints[i])) {
                out.append(lower(codePoints, i));
            } else if (PyChars.isLower(codePoints[i])) {
                out.append(upper(codePoints[i]));
            } else {
                out.appendCodePoint(codePoints[i]);
            }
        }
        return out.toString();
    }

    /// A sigma at the end of a word has a form of its own.
    private static String lower(int[] codePoints, int at) {
        boolean last = codePoints[at] == CAPITAL_SIGMA
                && at > 0
                && PyChars.isCased(codePoints[at - 1])
                && (at + 1 == codePoints.length || !PyChars.isCased(codePoints[at + 1]));
        return last ? "ς" : lower(codePoints[at]);
    }

    static String caseFolded(String text) {
        return text.toLowerCase(Locale.ROOT).replace("ß", "ss").replace('ς', 'σ');
    }

    static boolean isTitle(String text) {
        boolean inWord = false;
        boolean cased = false;
        for (int c : text.codePoints().toArray()) {
            boolean upper = PyChars.isUpper(c) || PyChars.isTitle(c);
            if (upper == inWord && PyChars.isCased(c)) {
                return false;
            }
            inWord = PyChars.isCased(c);
            cased |= inWord;
        }
        return cased;
    }

    static boolean isIdentifier(String text) {
        if (text.isEmpty() || !isIdentifierStart(text.codePointAt(0))) {
            return false;
        }
        return text.codePoints().skip(1).allMatch(Character::isUnicodeIdentifierPart);
    }

    static boolean isIdentifierStart(int c) {
        return c == '_' || Character.isUnicodeIdentifierStart(c);
    }

    static String stripped(String text, @Nullable String chars, boolean left, boolean right) {
        if (chars == null) {
            return Texts.strip(text, null, left, right);
        }
        int[] codePoints = text.codePoints().toArray();
        int start = 0;
        int end = codePoints.length;
        while (left && start < end && chars.indexOf(codePoints[start]) >= 0) {
            start++;
        }
        while (right && start < end && chars.indexOf(codePoints[end - 1]) >= 0) {
            end--;
        }
        return new String(codePoints, start, end - start);
    }

    static List<Object> splitFromRight(Budget budget, String text, String separator, long most)
            throws JinjaRenderException {
        budget.items(text.length());
        List<Object> pieces = new ArrayList<>();
        int end = text.length();
        while (pieces.size() < most) {
            int at = end < separator.length() ? -1 : text.lastIndexOf(separator, end - separator.length());
            if (at < 0) {
                break;
            }
            pieces.add(text.substring(at + separator.length(), end));
            end = at;
        }
        pieces.add(text.substring(0, end));
        Collections.reverse(pieces);
        return pieces;
    }

    static List<Object> splitSpaceFromRight(Budget budget, String text, long most) throws JinjaRenderException {
        budget.items(text.length());
        List<Object> words = new ArrayList<>();
        int end = text.length();
        while (true) {
            while (end > 0 && Characters.isPythonSpace(text.charAt(end - 1))) {
                end--;
            }
            if (end == 0) {
                break;
            }
            if (words.size() == most) {
                words.add(text.substring(0, end));
                break;
            }
            int start = end;
            while (start > 0 && !Characters.isPythonSpace(text.charAt(start - 1))) {
                start--;
            }
            words.add(text.substring(start, end));
            end = start;
        }
        Collections.reverse(words);
        return words;
    }

    static String zeroFilled(Budget budget, String text, long width) throws JinjaRenderException {
        long missing = width - text.codePointCount(0, text.length());
        if (missing <= 0) {
            return text;
        }
        budget.build(text.length() + missing);
        boolean signed = text.startsWith("-") || text.startsWith("+");
        String zeros = "0".repeat((int) missing);
        return signed ? text.charAt(0) + zeros + text.substring(1) : zeros + text;
    }

    /// `side` is `<`, `>` or `^`.
    static String padded(Budget budget, String text, long width, String fill, char side) throws JinjaRenderException {
        long missing = width - text.codePointCount(0, text.length());
        if (missing <= 0) {
            return text;
        }
        budget.build(text.length() + missing * fill.length());
        int left = switch (side) {
            case '<' -> 0;
            case '>' -> (int) missing;
            // The odd column goes left when the width is odd too.
            default -> (int) (missing / 2 + (missing & width & 1));
        };
        return fill.repeat(left) + text + fill.repeat((int) missing - left);
    }

    static String tabsExpanded(Budget budget, String text, long columns) throws JinjaRenderException {
        StringBuilder out = new StringBuilder(text.length());
        int column = 0;
        for (int c : text.codePoints().toArray()) {
            if (c == '\t') {
                int spaces = columns <= 0 ? 0 : (int) (columns - column % columns);
                budget.checkLength((long) out.length() + spaces);
                out.repeat(' ', spaces);
                column += spaces;
            } else {
                out.appendCodePoint(c);
                column = c == '\n' || c == '\r' ? 0 : column + 1;
            }
        }
        budget.build(out.length());
        return out.toString();
    }
}
