package io.kvepp.preprocess.tokenizer;

/// The Unicode classes the split patterns are made of, as bit sets.
///
/// Source: Unicode 16, which both the JDK and the Oniguruma of tokenizers 0.21.4 implement.
final class CharClasses {
    static final int LETTER = 1;
    static final int NUMBER = 2;
    /// White_Space, line ends included.
    static final int SPACE = 4;
    /// CR or LF.
    static final int LINE_END = 8;
    /// Lu, Lt, Lm, Lo or M.
    static final int UPPER_LIKE = 16;
    /// Ll, Lm, Lo or M.
    static final int LOWER_LIKE = 32;
    /// P or S.
    static final int SYMBOL = 64;

    private static final int CASELESS_LETTER = LETTER | UPPER_LIKE | LOWER_LIKE;
    private static final int BMP_CHARS = 0x10000;
    private static final byte[] BMP = bmp();

    private CharClasses() {}

    /// Classes of the code point that starts at `text[i]`.
    static int at(char[] text, int i) {
        char c = text[i];
        return Character.isSurrogate(c) ? ofCodePoint(Character.codePointAt(text, i)) : BMP[c];
    }

    /// Chars the code point at `text[i]` takes; text is free of lone surrogates.
    static int width(char[] text, int i) {
        return Character.isHighSurrogate(text[i]) ? 2 : 1;
    }

    /// End of the run of code points from `start` on that have any of `classes`.
    static int endOfRun(char[] text, int start, int end, int classes) {
        int i = start;
        while (i < end && (at(text, i) & classes) != 0) {
            i += width(text, i);
        }
        return i;
    }

    /// End of the run of code points from `start` on that have none of `classes`.
    static int endOfRunWithout(char[] text, int start, int end, int classes) {
        int i = start;
        while (i < end && (at(text, i) & classes) == 0) {
            i += width(text, i);
        }
        return i;
    }

    static boolean isSpace(char c) {
        return (BMP[c] & SPACE) != 0;
    }

    /// Word character as UTS 18 has it.
    static boolean isWord(int codePoint) {
        int type = Character.getType(codePoint);
        return Character.isAlphabetic(codePoint)
                || isMark(type)
                || type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.CONNECTOR_PUNCTUATION
                || codePoint == 0x200C
                || codePoint == 0x200D;
    }

    private static byte[] bmp() {
        byte[] classes = new byte[BMP_CHARS];
        for (int c = 0; c < BMP_CHARS; c++) {
            classes[c] = (byte) ofCodePoint(c);
        }
        return classes;
    }

    /// Classes of a code point.
    static int ofCodePoint(int codePoint) {
        if (isWhiteSpace(codePoint)) {
            return codePoint == '\r' || codePoint == '\n' ? SPACE | LINE_END : SPACE;
        }
        int type = Character.getType(codePoint);
        return switch (type) {
            case Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER -> LETTER | UPPER_LIKE;
            case Character.LOWERCASE_LETTER -> LETTER | LOWER_LIKE;
            case Character.MODIFIER_LETTER, Character.OTHER_LETTER -> CASELESS_LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            default -> isMark(type) ? UPPER_LIKE | LOWER_LIKE : symbol(type);
        };
    }

    private static int symbol(int type) {
        return switch (type) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION,
                    Character.MATH_SYMBOL,
                    Character.CURRENCY_SYMBOL,
                    Character.MODIFIER_SYMBOL,
                    Character.OTHER_SYMBOL -> SYMBOL;
            default -> 0;
        };
    }

    private static boolean isMark(int type) {
        return type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK;
    }

    private static boolean isWhiteSpace(int c) {
        return (c >= '\t' && c <= '\r') || c == 0x85 || Character.isSpaceChar(c);
    }
}
