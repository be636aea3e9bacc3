package io.kvepp.preprocess.tokenizer;

import java.lang.Character.UnicodeScript;

/// The split of Kimi K2: that of o200k, but runs of Han characters are pieces of their own.
///
/// Immutable, thread-safe.
final class KimiSplitter extends CasedSplitter {
    static final String PATTERN = "[\\p{Han}]+"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]*"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]+"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final int FIRST_HAN = 0x2E80;

    @Override
    int wordClasses(char[] text, int i) {
        return isHan(text, i) ? 0 : CharClasses.at(text, i);
    }

    @Override
    int endOfFirst(char[] text, int at, int end) {
        int i = at;
        while (i < end && isHan(text, i)) {
            i += CharClasses.width(text, i);
        }
        return i;
    }

    private static boolean isHan(char[] text, int i) {
        return text[i] >= FIRST_HAN && UnicodeScript.of(Character.codePointAt(text, i)) == UnicodeScript.HAN;
    }

    @Override
    boolean endsSymbols(char c) {
        return c == '\r' || c == '\n';
    }
}
