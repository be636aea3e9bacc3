package io.kvepp.inference.json;

/// White space as Unicode's property `White_Space` has it, which is neither Java's nor Python's.
///
/// Thread-safe.
public final class WhiteSpace {
    private static final String CHARS = "\t\n\u000B\f\r \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004"
            + "\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000";

    private WhiteSpace() {}

    public static boolean is(char c) {
        return CHARS.indexOf(c) >= 0;
    }

    public static String trimEnd(String text) {
        int end = text.length();
        while (end > 0 && is(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    public static String trimStart(String text) {
        int start = 0;
        while (start < text.length() && is(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    public static String trim(String text) {
        return trimStart(trimEnd(text));
    }

    /// Whether nothing is left after trimming.
    public static boolean isAll(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!is(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }
}
