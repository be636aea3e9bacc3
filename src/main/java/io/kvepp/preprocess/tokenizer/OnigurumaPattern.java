package io.kvepp.preprocess.tokenizer;

import java.util.Set;
import java.util.regex.Pattern;

/// Translates the Oniguruma patterns of tokenizer files to Java.
///
/// Only constructs that mean the same in both, or can be said in Java so that they do, are
/// accepted; everything else is refused rather than approximated.
///
/// Source: Oniguruma's RE document, Ruby syntax, the default of the `onig` crate.
///
/// Confined to the loading thread.
final class OnigurumaPattern {
    /*
     * Refused on purpose
     * ------------------
     * - `{n,m}+`: Java takes it as possessive, Ruby syntax as a repeated group.
     * - `(?i)` without a colon: in Ruby syntax it swallows the alternatives behind it.
     * - `^ $ \b \h \Z`, look-behind, back references, POSIX brackets, nested classes, `&&`: different or rare.
     * - repeated groups: java.util.regex recurses once per repetition, so long text would overflow the stack.
     * - without case: `i` (Java also accepts the dotless and the dotted one), pairs like `ss` or `fi`, which
     *   Oniguruma also matches against one code point, and whatever could hide such a pair.
     */
    private static final Set<String> CATEGORIES = Set.of(
            "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps",
            "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cn", "Co");
    private static final Set<String> SCRIPTS =
            Set.of("Han", "Hiragana", "Katakana", "Hangul", "Thai", "Latin", "Cyrillic", "Arabic");
    private static final Set<String> FOLDED_PAIRS = Set.of("ss", "ff", "fi", "fl", "st");
    private static final String WORD = "[\\w\\xB2\\xB3\\xB9\\xBC-\\xBE&&[^\\x{200C}\\x{200D}]]";
    private static final String NOT_WORD = "[\\W\\x{200C}\\x{200D}&&[^\\xB2\\xB3\\xB9\\xBC-\\xBE]]";
    private static final int REPEAT_MAX = 1000;

    private final String field;
    private final String source;
    private final StringBuilder out = new StringBuilder();
    private int at;

    private OnigurumaPattern(String field, String source) {
        this.field = field;
        this.source = source;
    }

    static Pattern compile(String field, String source) throws UnsupportedTokenizerException {
        OnigurumaPattern translation = new OnigurumaPattern(field, source);
        translation.alternatives(false);
        if (translation.at < source.length()) {
            throw translation.refused("no unmatched )");
        }
        return Pattern.compile(translation.out.toString(), Pattern.UNICODE_CHARACTER_CLASS);
    }

    private void alternatives(boolean ignoreCase) throws UnsupportedTokenizerException {
        while (at < source.length() && source.charAt(at) != ')') {
            if (source.charAt(at) == '|') {
                out.append('|');
                at++;
            } else {
                quantified(ignoreCase);
            }
        }
    }

    private void quantified(boolean ignoreCase) throws UnsupportedTokenizerException {
        boolean group = source.charAt(at) == '(';
        boolean lookahead = source.startsWith("(?=", at) || source.startsWith("(?!", at);
        atom(ignoreCase);
        int before = at;
        quantifier();
        if (ignoreCase && at > before) {
            throw refused("no quantifier inside a group without case");
        }
        if (at > before && (lookahead || (group && !source.substring(before, at).equals("?")))) {
            throw refused("groups repeated by ? only");
        }
    }

    private void atom(boolean ignoreCase) throws UnsupportedTokenizerException {
        char c = source.charAt(at);
        switch (c) {
            case '(' -> group(ignoreCase);
            case '[' -> characterClass(ignoreCase);
            case '\\' -> escape(ignoreCase);
            case '.' -> {
                out.append("[^\\n]");
                at++;
            }
            case '^', '$', '{', '}', ']', '*', '+', '?' -> throw refused("no bare " + c);
            default -> literal(source.codePointAt(at), ignoreCase);
        }
    }

    private void group(boolean ignoreCase) throws UnsupportedTokenizerException {
        if (ignoreCase) {
            throw refused("no group inside a group without case");
        }
        String opening = opening();
        out.append(opening.equals("(") ? "(?:" : opening);
        at += opening.length();
        alternatives(opening.equals("(?i:"));
        if (at == source.length()) {
            throw refused("a closing )");
        }
        out.append(')');
        at++;
    }

    private String opening() throws UnsupportedTokenizerException {
        if (!source.startsWith("(?", at)) {
            return "(";
        }
        for (String opening : new String[] {"(?:", "(?i:", "(?=", "(?!", "(?>"}) {
            if (source.startsWith(opening, at)) {
                return opening;
            }
        }
        throw refused("groups ( (?: (?i: (?= (?! (?> only");
    }

    private void quantifier() throws UnsupportedTokenizerException {
        if (at == source.length()) {
            return;
        }
        char c = source.charAt(at);
        if (c == '{') {
            interval();
        } else if (c == '?' || c == '*' || c == '+') {
            out.append(c);
            at++;
            if (at < source.length() && (source.charAt(at) == '?' || source.charAt(at) == '+')) {
                out.append(source.charAt(at));
                at++;
            }
        } else {
            return;
        }
        if (at < source.length() && "?*+{".indexOf(source.charAt(at)) >= 0) {
            throw refused("one quantifier");
        }
    }

    private void interval() throws UnsupportedTokenizerException {
        int close = source.indexOf('}', at);
        String body = close < 0 ? "" : source.substring(at + 1, close);
        if (!body.matches("[0-9]{1,4}(,[0-9]{0,4})?")) {
            throw refused("{n}, {n,} or {n,m}");
        }
        String[] bounds = body.split(",", 2);
        int low = Integer.parseInt(bounds[0]);
        int high = bounds.length == 1 ? low : bounds[1].isEmpty() ? REPEAT_MAX : Integer.parseInt(bounds[1]);
        if (low > high || high > REPEAT_MAX) {
            throw refused("n <= m <= " + REPEAT_MAX);
        }
        out.append('{').append(body).append('}');
        at = close + 1;
    }

    private void characterClass(boolean ignoreCase) throws UnsupportedTokenizerException {
        out.append('[');
        at++;
        if (source.startsWith("^", at)) {
            out.append('^');
            at++;
            if (ignoreCase) {
                throw refused("no negated class without case");
            }
        }
        int first = at;
        int items = 0;
        while (at < source.length() && (source.charAt(at) != ']' || at == first)) {
            char c = source.charAt(at);
            if (c == '[' || (at == first && c == ']') || source.startsWith("&&", at)) {
                throw refused("no nested class, no &&, no leading ]");
            }
            classItem(ignoreCase);
            items++;
        }
        if (ignoreCase && items < 2) {
            throw refused("two characters or more, without case");
        }
        if (at == source.length()) {
            throw refused("a closing ]");
        }
        out.append(']');
        at++;
    }

    private void classItem(boolean ignoreCase) throws UnsupportedTokenizerException {
        boolean single = classAtom(ignoreCase);
        boolean range = source.startsWith("-", at) && at + 1 < source.length() && source.charAt(at + 1) != ']';
        if (!range) {
            return;
        }
        if (!single || ignoreCase || source.charAt(at + 1) == '[') {
            throw refused("ranges between two characters");
        }
        out.append('-');
        at++;
        if (!classAtom(false)) {
            throw refused("ranges between two characters");
        }
    }

    /// Whether the atom is one character, so that it may bound a range.
    private boolean classAtom(boolean ignoreCase) throws UnsupportedTokenizerException {
        if (source.charAt(at) != '\\') {
            literal(source.codePointAt(at), ignoreCase);
            return true;
        }
        if (at + 1 < source.length() && (source.charAt(at + 1) == 'w' || source.charAt(at + 1) == 'W')) {
            throw refused("no \\w in a class");
        }
        return escape(ignoreCase);
    }

    /// Whether the escape stands for one character.
    private boolean escape(boolean ignoreCase) throws UnsupportedTokenizerException {
        if (at + 1 == source.length()) {
            throw refused("a character behind \\");
        }
        char c = source.charAt(at + 1);
        switch (c) {
            case 'p', 'P' -> property(c, ignoreCase);
            case 's', 'S', 'd', 'D', 'w', 'W' -> shorthand(c);
            case 'n' -> escapedLiteral('\n');
            case 'r' -> escapedLiteral('\r');
            case 't' -> escapedLiteral('\t');
            case 'f' -> escapedLiteral('\f');
            case 'v' -> escapedLiteral('\u000B');
            case 'u', 'x' -> codePoint(c, ignoreCase);
            default -> {
                if (c >= 0x80 || Character.isLetterOrDigit(c)) {
                    throw refused("no \\" + c);
                }
                escapedLiteral(c);
            }
        }
        return "pPsSdDwW".indexOf(c) < 0;
    }

    private void escapedLiteral(int codePoint) {
        append(codePoint);
        at += 2;
    }

    private void shorthand(char c) {
        out.append(
                switch (c) {
                    case 'd' -> "\\p{Nd}";
                    case 'D' -> "\\P{Nd}";
                    case 'w' -> WORD;
                    case 'W' -> NOT_WORD;
                    default -> "\\" + c;
                });
        at += 2;
    }

    private void property(char p, boolean ignoreCase) throws UnsupportedTokenizerException {
        int close = source.indexOf('}', at);
        String name = close < 0 || !source.startsWith("{", at + 2) ? "" : source.substring(at + 3, close);
        boolean script = SCRIPTS.contains(name);
        if (ignoreCase || (!script && !CATEGORIES.contains(name))) {
            throw refused("a general category or one of " + SCRIPTS + ", with case");
        }
        out.append('\\').append(p).append(script ? "{Is" : "{").append(name).append('}');
        at = close + 1;
    }

    private void codePoint(char c, boolean ignoreCase) throws UnsupportedTokenizerException {
        boolean braces = c == 'x' && source.startsWith("{", at + 2);
        int start = at + (braces ? 3 : 2);
        int end = braces ? source.indexOf('}', start) : start + (c == 'u' ? 4 : 2);
        String digits = end < 0 || end > source.length() ? "" : source.substring(start, end);
        if (!digits.matches("[0-9A-Fa-f]{1,6}") || Integer.parseInt(digits, 16) > Character.MAX_CODE_POINT) {
            throw refused("\\uHHHH, \\xHH or \\x{H}");
        }
        int value = Integer.parseInt(digits, 16);
        if ((c == 'x' && !braces && value >= 0x80) || ignoreCase) {
            throw refused("\\xHH below 80, with case");
        }
        append(value);
        at = braces ? end + 1 : end;
    }

    private void literal(int codePoint, boolean ignoreCase) throws UnsupportedTokenizerException {
        if (ignoreCase) {
            String pair = at + 2 <= source.length() ? lower(source.substring(at, at + 2)) : "";
            if (codePoint >= 0x80 || lower(codePoint) == 'i' || FOLDED_PAIRS.contains(pair)) {
                throw refused("ASCII letters but i, ss, ff, fl, st, without case");
            }
        }
        append(codePoint);
        at += Character.charCount(codePoint);
    }

    private void append(int codePoint) {
        out.append("\\x{").append(Integer.toHexString(codePoint)).append('}');
    }

    private static int lower(int codePoint) {
        return codePoint >= 'A' && codePoint <= 'Z' ? codePoint + ('a' - 'A') : codePoint;
    }

    private static String lower(String text) {
        StringBuilder lower = new StringBuilder();
        text.chars().forEach(c -> lower.append((char) lower(c)));
        return lower.toString();
    }

    private UnsupportedTokenizerException refused(String expected) {
        return UnsupportedTokenizerException.of(field, source + " at " + at, expected);
    }
}
