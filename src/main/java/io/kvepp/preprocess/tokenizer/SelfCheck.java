package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/// What a tokenizer must pass before it serves requests.
///
/// - This JVM's Unicode tables are those of tokenizers 0.21.4.
/// - Every id of the vocabulary stands for one token: merging relies on it.
/// - Every added token that is looked for in raw text becomes its id.
/// - Sample texts become the ids that [PlainTokenizer] gives them.
///
/// Confined to the loading thread.
final class SelfCheck {
    /// Of the classes of these code points with Unicode 16; every version adds some among them.
    private static final int UNICODE_CHECKSUM = -983347145;

    private static final int UNICODE_CHECKED = 0x20000;
    private static final int CHECKSUM = checksum();

    private static final List<String> SAMPLES = List.of(
            "a",
            " The quick brown fox didn't jump; it's 12345 years old, isn't IT? WE'LL see...",
            "def f(x):\n    return {\"a\": [1, 2.50, true]}  # done\n\n\n\tif (x != null) { y += x<<2; }\r\n",
            "https://example.org/path?query=1&other=%20 user@example.org <div class='x'>//comment</div>",
            "Stra\u00DFe na\u00EFve caf\u00E9 cafe\u0301 \u01C5 \u00BD x\u00B2 \uFB01 \u212B",
            "\u041F\u0440\u0438\u0432\u0435\u0442, \u043C\u0438\u0440! \u0393\u03B5\u03B9\u03AC \u03C3\u03BF\u03C5",
            "\u4F60\u597D\uFF0C\u4E16\u754C\u3002\u3053\u3093\u306B\u3061\u306F",
            "\u30AB\u30BF\u30AB\u30CA\u30FB\uD55C\uAD6D\uC5B4 2024\u5E74",
            "\u0645\u0631\u062D\u0628\u0627 \u05E9\u05DC\u05D5\u05DD \u0928\u092E\u0938\u094D\u0924\u0947",
            "\u0E2A\u0E27\u0E31\u0E2A\u0E14\u0E35",
            "\uD83D\uDE00\uD83D\uDC4D\uD83C\uDFFD 1\uFE0F\u20E3 \uD83C\uDDE9\uD83C\uDDEA",
            "\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67",
            "   leading,  double   triple\u00A0no-break\u3000wide\u200Bzero\t\t\ntrailing   ",
            "\u2581\u2581a\u2581 <0x41> \uE000\uDBC0\uDC00\u0001\u007F\uFFFD",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "Donaudampfschifffahrtsgesellschaftskapit\u00E4nsm\u00FCtzenabzeichen0123456789ABCDEF+/==");

    private SelfCheck() {}

    static void unicode() throws UnsupportedTokenizerException {
        if (CHECKSUM != UNICODE_CHECKSUM) {
            throw UnsupportedTokenizerException.of(
                    "Unicode tables of Java", Runtime.version(), "those of Unicode 16, as Java 25 has them");
        }
    }

    private static int checksum() {
        int checksum = 0;
        for (int codePoint = 0; codePoint < UNICODE_CHECKED; codePoint++) {
            int word = CharClasses.isWord(codePoint) ? 1 : 0;
            checksum = 31 * checksum + 2 * CharClasses.ofCodePoint(codePoint) + word;
        }
        return checksum;
    }

    static void vocabulary(Map<String, Integer> vocabulary) throws UnsupportedTokenizerException {
        BitSet seen = new BitSet();
        for (Map.Entry<String, Integer> token : vocabulary.entrySet()) {
            if (seen.get(token.getValue())) {
                throw UnsupportedTokenizerException.of("tokenizer.json.model.vocab", token.getValue(), "each id once");
            }
            seen.set(token.getValue());
        }
    }

    static void addedTokens(Tokenizer tokenizer, AddedVocabulary added) throws UnsupportedTokenizerException {
        for (String content : added.rawContents()) {
            int[] ids = tokenizer.encode(content);
            if (ids.length != 1 || ids[0] != added.idOf(content)) {
                throw UnsupportedTokenizerException.of(
                        "added token", content, "to become its id " + added.idOf(content));
            }
        }
    }

    /// The same for a `tiktoken.model`; a sample with one of the added tokens in it says nothing.
    static void ranks(Tokenizer tokenizer, TiktokenFile file, List<String> added) throws UnsupportedTokenizerException {
        PlainRanks plain = new PlainRanks(file);
        for (String sample : SAMPLES) {
            if (added.stream().noneMatch(sample::contains)) {
                int[] ids = plain.encode(sample);
                for (int run = 0; run < 2; run++) { // the second from the caches
                    if (!Arrays.equals(tokenizer.encode(sample), ids)) {
                        throw UnsupportedTokenizerException.of(
                                "self-check", "sample " + SAMPLES.indexOf(sample), "the ids of merging by rank");
                    }
                }
            }
        }
    }

    static void samples(Tokenizer tokenizer, PlainTokenizer plain) throws UnsupportedTokenizerException {
        for (String sample : SAMPLES) {
            int[] ids = plain.encode(sample);
            for (int run = 0; run < 2; run++) { // the second from the caches
                if (!Arrays.equals(tokenizer.encode(sample), ids)) {
                    throw UnsupportedTokenizerException.of(
                            "self-check", "sample " + SAMPLES.indexOf(sample), "the ids of the plain tokenizer");
                }
            }
        }
    }
}
