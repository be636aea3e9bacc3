package io.kvepp.preprocess.jinja;

import java.util.function.IntPredicate;

/// Classes of code points as Python's `str` methods have them.
final class PyChars {
    private PyChars() {}

    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    static boolean isAlpha(int c) {
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> true;
            default -> false;
        };
    }

    static boolean isDecimal(int c) {
        return Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER;
    }

    /// Decimal digits, and those that only look raised, lowered or circled.
    static boolean isDigit(int c) {
        return isDecimal(c)
                || c == 0xb2
                || c == 0xb3
                || c == 0xb9
                || (c >= 0x1369 && c <= 0x1371)
                || c == 0x19da
                || c == 0x2070
                || (c >= 0x2074 && c <= 0x2079)
                || (c >= 0x2080 && c <= 0x2089)
                || (c >= 0x2460 && c <= 0x2468)
                || (c >= 0x2474 && c <= 0x247c)
                || (c >= 0x2488 && c <= 0x2490)
                || c == 0x24ea
                || (c >= 0x24f5 && c <= 0x24fd)
                || c == 0x24ff
                || (c >= 0x2776 && c <= 0x277e)
                || (c >= 0x2780 && c <= 0x2788)
                || (c >= 0x278a && c <= 0x2792)
                || (c >= 0x10a40 && c <= 0x10a43)
                || (c >= 0x10e60 && c <= 0x10e68)
                || (c >= 0x11052 && c <= 0x1105a)
                || (c >= 0x1f100 && c <= 0x1f10a);
    }

    static boolean isNumeric(int c) {
        return isDigit(c) || Characters.isNumeric(c) || isHanNumber(c);
    }

    private static boolean isHanNumber(int c) {
        return Character.UnicodeScript.of(c) == Character.UnicodeScript.HAN
                && "一二三四五六七八九十百千万億兆〇零壹贰叁肆伍陆柒捌玖拾佰仟萬亿參貳陸".indexOf(c) >= 0;
    }

    static boolean isAlphanumeric(int c) {
        return isAlpha(c) || isNumeric(c);
    }

    static boolean isLower(int c) {
        return Character.isLowerCase(c);
    }

    static boolean isUpper(int c) {
        return Character.isUpperCase(c);
    }

    static boolean isTitle(int c) {
        return Character.getType(c) == Character.TITLECASE_LETTER;
    }

    static boolean isCased(int c) {
        return isLower(c) || isUpper(c) || isTitle(c);
    }

    /// True for text that is not empty and all of whose characters pass.
    static boolean all(String text, IntPredicate test) {
        return !text.isEmpty() && text.codePoints().allMatch(test);
    }

    /// True when some character has a case, and none has one of the others.
    static boolean allCased(String text, boolean lower) {
        return text.codePoints().anyMatch(PyChars::isCased)
                && text.codePoints().noneMatch(c -> lower ? isUpper(c) || isTitle(c) : isLower(c) || isTitle(c));
    }
}
