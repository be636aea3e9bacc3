package io.kvepp.preprocess.realtokenizers;

import java.util.List;
import java.util.Random;

/// Texts full of what tokenizers treat specially, from a seed.
///
/// Confined: one thread at a time.
final class RandomTexts {
    private static final String[] WORDS = {
        "the",
        "quick",
        "Brown",
        "JUMPS",
        "lazyDog",
        "iPhone",
        "HTTPServer",
        "don't",
        "I'm",
        "we'LL",
        "they'Ve",
        "it'S",
        "he'd",
        "You'RE",
        "na\u00EFve",
        "\u00DCn\u00EFc\u00F6d\u00E9",
        "Stra\u00DFe",
        "\u043F\u0440\u0438\u0432\u0435\u0442",
        "\u041C\u0438\u0440",
        "\u03BA\u03CC\u03C3\u03BC\u03B5",
        "\u4E16\u754C",
        "\u4F60\u597D\u4E16\u754C",
        "\u3053\u3093\u306B\u3061\u306F",
        "\u30AB\u30BF\u30AB\u30CA",
        "\uD55C\uAD6D\uC5B4",
        "\u0928\u092E\u0938\u094D\u0924\u0947",
        "\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35",
        "\u0645\u0631\u062D\u0628\u0627",
        "\u05E9\u05DC\u05D5\u05DD",
        "\u01C5",
        "\u02B0\u00AA\u00BA",
        "x\u00B2",
        "\u00BD",
        "\u2460\u2461",
        "\u216B",
        "\u0663\u0664\u0665",
        "12",
        "123",
        "1234567",
        "3.14",
        "0x1F",
        "def foo(bar):",
        "return {}",
        "<div>",
        "</div>",
        "//",
        "/* */",
        "==",
        "!=",
        "&&",
        "...",
        "---",
        "###",
        "{\"a\": [1, true]}",
        "\\n",
        "\u2581the",
        "\u2581",
        "<0x0A>",
        "\u0120the",
        "\u00C3\u00A9"
    };
    private static final String[] SPACES = {
        " ", " ", " ", "  ", "   ", "\t", "\n", "\r", "\r\n", "\n\n", "\u00A0", "\u0085", "\u2003", "\u3000", "\u200B",
        "\u2028", "\u1680", "\u180E", "\uFEFF", "\u200D", "\u000B", "\f", "\u001C", "\u001F", "      ", "\n   ",
        "   \n", " \t "
    };
    private static final String[] CONTRACTIONS = {
        "'s", "'S", "'\u017F", "'T", "'t", "'RE", "'re", "'rE", "'Ve", "'m", "'lL", "'ll", "'d", "'D", "\u2019s", "''s",
        "'st", "'x", "'l", "'\u212A"
    };
    private static final String[] NORMALIZED = {
        "e\u0301", "\u212B", "\u2126", "\uFB01", "\uFB00", "\u337F", "\uAC00", "\u1100\u1161\u11A8", "\u1E9B\u0323",
        "d\u0307\u0323", "\u0344", "\u0958", "\u2ADC", "\u8C48", "\uF900", "\uD87E\uDC00", "=\u0338", "\u304B\u3099",
        "\u2329", "\u0390", "\u1FC1", "\u0130", "\u1E9E", "\uD834\uDD5E", "\u0F73", "\u0FB2\u0F71\u0F80"
    };
    private static final int[] MARKS = {
        0x300, 0x301, 0x307, 0x308, 0x31B, 0x323, 0x327, 0x328, 0x334, 0x338, 0x345, 0x5B0, 0x64B, 0x7FD, 0x897, 0x93C,
        0x9BE, 0x9D7, 0xB3E, 0xC3C, 0xD3B, 0x1100, 0x1161, 0x11A8, 0x1175, 0x11C2, 0x1ABF, 0x1DF7, 0x20D0, 0x20E3,
        0x302A, 0x3099, 0x309A, 0xA82C, 0xFE0E, 0xFE0F, 0x10D24, 0x10F46, 0x105D2, 0x11382, 0x113C9, 0x11930, 0x11935,
        0x1133B, 0x16D63, 0x16FF0, 0x1D165, 0x1D16D, 0x1E000, 0x1E130
    };
    private static final String[] EMOJI = {
        "\uD83D\uDE00",
        "\uD83D\uDC4D\uD83C\uDFFD",
        "\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67",
        "\uD83C\uDDE9\uD83C\uDDEA",
        "\u2764\uFE0F",
        "1\uFE0F\u20E3",
        "\uD83E\uDEBF",
        "\uD83E\uDEE8"
    };
    private static final String SYMBOLS =
            "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u00BF\u00AB\u00BB\u2026\u2014\u00A9\u20AC\u2211";
    private static final String LETTERS =
            "abcdeLMNOPxyz\u00C0\u00E9\u00DF\u0414\u0436\u01C5\u02B0\u00AA\u0301\u3042\u6F22";
    private static final String DIGITS = "0123456789\u0663\u096A\u0BEB\u00B2\u2167\u3007";
    private static final int[] PARTS = {1, 2, 3, 5, 8, 12, 25};

    private final Random random;
    private final List<String> added;

    /// `added` are contents of added tokens.
    RandomTexts(long seed, List<String> added) {
        this.random = new Random(seed);
        this.added = added;
    }

    String next() {
        StringBuilder text = new StringBuilder();
        for (int parts = PARTS[random.nextInt(PARTS.length)]; parts > 0; parts--) {
            appendPart(text);
        }
        return text.toString();
    }

    private void appendPart(StringBuilder text) {
        int kind = random.nextInt(100);
        if (kind < 28) {
            text.append(pick(WORDS));
        } else if (kind < 48) {
            text.append(pick(SPACES));
        } else if (kind < 54) {
            text.append(pick(CONTRACTIONS));
        } else if (kind < 59) {
            text.appendCodePoint(MARKS[random.nextInt(MARKS.length)]);
        } else if (kind < 62) {
            text.append(pick(EMOJI));
        } else if (kind < 67) {
            text.append(pick(NORMALIZED));
        } else if (kind < 79) {
            text.appendCodePoint(codePoint());
        } else if (kind < 86) {
            text.append(lookAlike());
        } else if (kind < 90) {
            appendSome(text, DIGITS, 9);
        } else if (kind < 94) {
            appendSome(text, LETTERS, 9);
        } else if (kind < 99) {
            appendSome(text, SYMBOLS, 5);
        } else {
            text.append(pick(SPACES).repeat(random.nextInt(90)));
        }
    }

    /// Any code point, with the lower planes more often.
    int codePoint() {
        int[] bounds = {0x250, 0x3000, 0x10000, 0x20000, 0x110000};
        int bound = bounds[random.nextInt(bounds.length)];
        int codePoint = random.nextInt(bound);
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE ? 0xFFFD : codePoint;
    }

    private String lookAlike() {
        String token = added.get(random.nextInt(added.size()));
        return switch (random.nextInt(10)) {
            case 0 -> token.substring(0, token.length() - 1);
            case 1 -> token.substring(1);
            case 2 -> token.toUpperCase(java.util.Locale.ROOT);
            case 3 -> token + token.substring(0, random.nextInt(token.length()));
            case 4 -> token.substring(random.nextInt(token.length())) + token;
            default -> token;
        };
    }

    private void appendSome(StringBuilder text, String alphabet, int max) {
        for (int count = random.nextInt(max) + 1; count > 0; count--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
    }

    private String pick(String[] choices) {
        return choices[random.nextInt(choices.length)];
    }
}
