package io.kvepp.preprocess.jinja;

/// Classes of code points where Java's own differ from those the templates were written for.
final class Characters {
    private Characters() {}

    /// The Unicode property White_Space.
    static boolean isSpace(int c) {
        return switch (c) {
            case ' ', '\t', '\n', 0x0b, '\f', '\r', 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000 -> true;
            default -> c >= 0x2000 && c <= 0x200a;
        };
    }

    /// White_Space and the separators U+001C to U+001F, as Python's `str.isspace`.
    static boolean isPythonSpace(int c) {
        return (c >= 0x1c && c <= 0x1f) || isSpace(c);
    }

    static boolean isAsciiPunctuation(int c) {
        return c > ' ' && c < 0x7f && !isAsciiAlphanumeric(c);
    }

    static boolean isAsciiAlphanumeric(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    /// The general categories Nd, Nl and No.
    static boolean isNumeric(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    /// True for what a quoted string shows as it is; the rest is shown as an escape.
    static boolean isPrinted(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR,
                    Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK -> false;
            case Character.COMBINING_SPACING_MARK, Character.MODIFIER_LETTER -> !isOtherGraphemeExtend(c);
            default -> true;
        };
    }

    /// Spacing marks that extend a grapheme (the property Other_Grapheme_Extend).
    private static boolean isOtherGraphemeExtend(int c) {
        return switch (c) {
            case 0x09be,
                    0x09d7,
                    0x0b3e,
                    0x0b57,
                    0x0bbe,
                    0x0bd7,
                    0x0cc0,
                    0x0cc2,
                    0x0cc7,
                    0x0cc8,
                    0x0cca,
                    0x0ccb,
                    0x0cd5,
                    0x0cd6,
                    0x0d3e,
                    0x0d57,
                    0x0dcf,
                    0x0ddf,
                    0x1715,
                    0x1734,
                    0x1b35,
                    0x1b3b,
                    0x1b3d,
                    0x1b43,
                    0x1b44,
                    0x1baa,
                    0x1bf2,
                    0x1bf3,
                    0x302e,
                    0x302f,
                    0xa953,
                    0xa9c0,
                    0xff9e,
                    0xff9f,
                    0x111c0,
                    0x11235,
                    0x1133e,
                    0x1134d,
                    0x11357,
                    0x113b8,
                    0x113c2,
                    0x113c5,
                    0x113c7,
                    0x113c8,
                    0x113c9,
                    0x113cf,
                    0x114b0,
                    0x114bd,
                    0x115af,
                    0x116b6,
                    0x11930,
                    0x1193d,
                    0x11f41,
                    0x16ff0,
                    0x16ff1,
                    0x1d165,
                    0x1d166,
                    0x1d16d -> true;
            default -> c >= 0x1d16e && c <= 0x1d172;
        };
    }

    static boolean isCaseLower(String text) {
        return text.codePoints().allMatch(Character::isLowerCase);
    }

    static boolean isCaseUpper(String text) {
        return text.codePoints().allMatch(Character::isUpperCase);
    }
}
