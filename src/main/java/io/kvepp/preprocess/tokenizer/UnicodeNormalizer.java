package io.kvepp.preprocess.tokenizer;

import java.text.Normalizer;
import java.text.Normalizer.Form;

/// NFC, NFD, NFKC or NFKD with the Unicode 9 tables of tokenizers 0.21.4.
///
/// Immutable, thread-safe.
final class UnicodeNormalizer implements TextNormalizer {
    /*
     * The JDK's tables are Unicode 16. A code point that entered the normalization data after Unicode 9 is, for
     * the older tables, an unassigned starter: it never changes, never moves and never combines. So text is cut
     * at these code points, they are copied, and only what stands between them goes through the JDK.
     *
     * The JDK sees windows, not the text: most text has nothing to normalize. A code point that never changes
     * and never combines with what stands before it ("inert") may start a window of its own, so a window reaches
     * from the last inert code point before a doubtful one to the next inert one.
     */
    private static final int[] UNKNOWN_RANGES = {
        0x7FD, 0x7FD, 0x897, 0x89F, 0x8CA, 0x8D3, 0x9FE, 0x9FE, 0xC3C, 0xC3C, 0xD3B, 0xD3C, 0xEBA, 0xEBA, 0x1715,
        0x1715, 0x1ABF, 0x1ACE, 0x1DF6, 0x1DFA, 0x32FF, 0x32FF, 0xA7F2, 0xA7F4, 0xA82C, 0xA82C, 0xAB69, 0xAB69, 0x105C9,
        0x105C9, 0x105D2, 0x105D2, 0x105DA, 0x105DA, 0x105E4, 0x105E4, 0x10781, 0x10785, 0x10787, 0x107B0, 0x107B2,
        0x107BA, 0x10D24, 0x10D27, 0x10D69, 0x10D6D, 0x10EAB, 0x10EAC, 0x10EFD, 0x10EFF, 0x10F46, 0x10F50, 0x10F82,
        0x10F85, 0x11070, 0x11070, 0x1133B, 0x1133B, 0x11382, 0x11385, 0x1138B, 0x1138B, 0x1138E, 0x1138E, 0x11390,
        0x11391, 0x113B8, 0x113B8, 0x113BB, 0x113BB, 0x113C2, 0x113C2, 0x113C5, 0x113C5, 0x113C7, 0x113C9, 0x113CE,
        0x113D0, 0x1145E, 0x1145E, 0x11839, 0x1183A, 0x11930, 0x11930, 0x11935, 0x11935, 0x11938, 0x11938, 0x1193D,
        0x1193E, 0x11943, 0x11943, 0x119E0, 0x119E0, 0x11A34, 0x11A34, 0x11A47, 0x11A47, 0x11A99, 0x11A99, 0x11D42,
        0x11D42, 0x11D44, 0x11D45, 0x11D97, 0x11D97, 0x11F41, 0x11F42, 0x1611E, 0x16129, 0x1612F, 0x1612F, 0x16D63,
        0x16D63, 0x16D67, 0x16D6A, 0x16FF0, 0x16FF1, 0x1CCD6, 0x1CCF9, 0x1E030, 0x1E06D, 0x1E08F, 0x1E08F, 0x1E130,
        0x1E136, 0x1E2AE, 0x1E2AE, 0x1E2EC, 0x1E2EF, 0x1E4EC, 0x1E4EF, 0x1E5EE, 0x1E5EF, 0x1F16C, 0x1F16C, 0x1FBF0,
        0x1FBF9,
    };
    private static final int FIRST_COMBINING = 0x300;
    private static final int FIRST_NON_ASCII = 0x80;

    private final Form form;
    private final int inertBelow;

    UnicodeNormalizer(Form form) {
        this.form = form;
        inertBelow = form == Form.NFC ? FIRST_COMBINING : FIRST_NON_ASCII;
    }

    @Override
    public String normalize(String text) {
        int doubtful = nextDoubtful(text, 0);
        if (doubtful == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        int done = 0;
        while (doubtful < text.length()) {
            int start = doubtful == done ? done : text.offsetByCodePoints(doubtful, -1);
            int end = nextInert(text, doubtful);
            out.append(text, done, start);
            normalizeWindow(text, start, end, out);
            done = end;
            doubtful = nextDoubtful(text, end);
        }
        return out.append(text, done, text.length()).toString();
    }

    @Override
    public boolean surelyKeeps(char[] text, int length) {
        int i = Utf8.asciiUntil(text, 0, length);
        while (i < length) {
            char c = text[i];
            if (c >= inertBelow) {
                if (form != Form.NFC) {
                    return false;
                }
                if (!isInertUnderNfc(c)) {
                    if (i + 1 == length || !isEmoji(c, text[i + 1])) {
                        return false;
                    }
                    i++;
                }
            }
            i++;
            if (c < FIRST_NON_ASCII) {
                i = Utf8.asciiUntil(text, i, length);
            }
        }
        return true;
    }

    private void normalizeWindow(String text, int start, int end, StringBuilder out) {
        int from = start;
        for (int i = start; i < end; ) {
            int codePoint = text.codePointAt(i);
            int next = i + Character.charCount(codePoint);
            if (isUnknown(codePoint)) {
                out.append(Normalizer.normalize(text.substring(from, i), form)).appendCodePoint(codePoint);
                from = next;
            }
            i = next;
        }
        out.append(Normalizer.normalize(text.substring(from, end), form));
    }

    private int nextDoubtful(String text, int from) {
        int i = from;
        while (i < text.length() && isInert(text, i)) {
            i += Character.isHighSurrogate(text.charAt(i)) ? 2 : 1;
        }
        return Math.min(i, text.length());
    }

    private int nextInert(String text, int from) {
        int i = from;
        while (i < text.length() && !isInert(text, i)) {
            i += Character.isHighSurrogate(text.charAt(i)) ? 2 : 1;
        }
        return Math.min(i, text.length());
    }

    private boolean isInert(String text, int i) {
        char c = text.charAt(i);
        return c < inertBelow
                || (form == Form.NFC
                        && (isInertUnderNfc(c) || (i + 1 < text.length() && isEmoji(c, text.charAt(i + 1)))));
    }

    private static boolean isInertUnderNfc(char c) {
        return Bmp.INERT[c];
    }

    /// Which chars are code points that NFC never changes and never combines with one before them.
    private static final class Bmp {
        static final boolean[] INERT = inert();

        private static boolean[] inert() {
            boolean[] inert = new boolean[Character.MAX_VALUE + 1];
            for (int c = 0; c < inert.length; c++) {
                String text = String.valueOf((char) c);
                inert[c] = !Character.isSurrogate((char) c)
                        && !isMark(c)
                        && !isUnknown(c)
                        && Normalizer.isNormalized(text, Form.NFC);
            }
            for (int c = FIRST_NON_ASCII; c < inert.length; c++) {
                if (!Character.isSurrogate((char) c)) {
                    String parts = Normalizer.normalize(String.valueOf((char) c), Form.NFD);
                    for (int i = 1; i < parts.length(); i++) {
                        inert[parts.charAt(i)] = false;
                    }
                }
            }
            return inert;
        }

        private static boolean isMark(int c) {
            int type = Character.getType(c);
            return type == Character.NON_SPACING_MARK
                    || type == Character.COMBINING_SPACING_MARK
                    || type == Character.ENCLOSING_MARK;
        }
    }

    private static boolean isEmoji(char high, char low) {
        if ((high != 0xD83D && high != 0xD83E) || !Character.isLowSurrogate(low)) {
            return false;
        }
        int codePoint = Character.toCodePoint(high, low);
        return codePoint >= 0x1F400 && codePoint <= 0x1FAFF;
    }

    private static boolean isUnknown(int codePoint) {
        return codePoint >= UNKNOWN_RANGES[0] && OlderUnicode.isIn(UNKNOWN_RANGES, codePoint);
    }
}
