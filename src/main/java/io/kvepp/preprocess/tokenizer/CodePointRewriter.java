package io.kvepp.preprocess.tokenizer;

import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/// Normalizers that look at one code point at a time.
///
/// Immutable, thread-safe.
final class CodePointRewriter implements TextNormalizer {
    private static final int GONE = -1;
    private static final int CAPITAL_I_WITH_DOT = 0x130;
    private static final String SMALL_I_WITH_DOT = "i\u0307";

    private final IntUnaryOperator rewrite;

    private CodePointRewriter(IntUnaryOperator rewrite) {
        this.rewrite = rewrite;
    }

    /// Lower case without regard to context and language.
    static TextNormalizer lowercase() {
        return text -> {
            TextNormalizer simple = new CodePointRewriter(Character::toLowerCase);
            return text.indexOf(CAPITAL_I_WITH_DOT) < 0
                    ? simple.normalize(text)
                    : simple.normalize(text.replace(Character.toString(CAPITAL_I_WITH_DOT), SMALL_I_WITH_DOT));
        };
    }

    static TextNormalizer without(IntPredicate dropped) {
        return new CodePointRewriter(codePoint -> dropped.test(codePoint) ? GONE : codePoint);
    }

    /// Control characters go, others that separate become spaces.
    static TextNormalizer nmt() {
        return new CodePointRewriter(codePoint -> switch (codePoint) {
            case '\t', '\n', '\f', '\r', 0x1680, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD -> ' ';
            case 0x200B, 0x200C, 0x200D, 0x200E, 0x200F -> ' ';
            case 0x7F, 0x8F, 0x9F -> GONE;
            default -> codePoint > 0 && codePoint < ' ' ? GONE : codePoint;
        });
    }

    @Override
    public String normalize(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(codePoint -> {
            int written = rewrite.applyAsInt(codePoint);
            if (written != GONE) {
                out.appendCodePoint(written);
            }
        });
        return out.toString();
    }
}
