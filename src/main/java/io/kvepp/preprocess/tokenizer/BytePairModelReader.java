package io.kvepp.preprocess.tokenizer;

import java.util.Map;

/// Builds the model from vocabulary and merges, and refuses what byte-level BPE does not have.
///
/// Confined to the loading thread.
final class BytePairModelReader {
    private static final int BYTES = 256;

    private final TokenizerFile file;
    private final Map<String, Integer> vocabulary;
    private final int[] idOfByte = new int[BYTES];

    private BytePairModelReader(TokenizerFile file) {
        this.file = file;
        vocabulary = file.vocabulary();
        for (int b = 0; b < BYTES; b++) {
            idOfByte[b] = vocabulary.getOrDefault(String.valueOf(ByteAlphabet.charOf(b)), -1);
        }
    }

    /// Whether starting from bytes gives what starting from their characters gives: always, unless
    /// a byte without token must become something else than nothing.
    static boolean accepts(TokenizerFile file) throws UnsupportedTokenizerException {
        boolean vanishes = file.modelField("unk_token").isAbsent()
                && !file.modelField("byte_fallback").bool(false);
        return vanishes || new BytePairModelReader(file).hasEveryByte();
    }

    static BytePairModel read(TokenizerFile file) throws UnsupportedTokenizerException {
        MergeFields.check(file);
        BytePairModelReader reader = new BytePairModelReader(file);
        PairTable merges = MergeFields.merges(file);
        return new BytePairModel(reader.idOfByte, merges, reader.wholePieces(merges));
    }

    private boolean hasEveryByte() {
        for (int b = 0; b < BYTES; b++) {
            if (idOfByte[b] < 0 && occursInUtf8(b)) {
                return false;
            }
        }
        return true;
    }

    private static boolean occursInUtf8(int b) {
        return b < 0xC0 || (b > 0xC1 && b < 0xF5);
    }

    private Vocabulary wholePieces(PairTable merges) throws UnsupportedTokenizerException {
        boolean ignoreMerges = file.modelField("ignore_merges").bool(false);
        int longest = 0;
        for (String token : vocabulary.keySet()) {
            longest = Math.max(longest, token.length());
        }
        Vocabulary whole = new Vocabulary(vocabulary.size());
        BytePairModel model = new BytePairModel(idOfByte, merges, whole);
        MergeEngine engine = new MergeEngine(merges);
        byte[] bytes = new byte[longest + Mix.SPARE_BYTES];
        int[] symbols = new int[longest];
        for (Map.Entry<String, Integer> token : vocabulary.entrySet()) {
            int length = ByteAlphabet.decode(token.getKey(), bytes);
            if (length > 0 && (ignoreMerges || mergesTo(token.getValue(), bytes, length, symbols, model, engine))) {
                whole.put(bytes, length, token.getValue());
            }
        }
        return whole;
    }

    private static boolean mergesTo(
            int id, byte[] bytes, int length, int[] symbols, BytePairModel model, MergeEngine engine) {
        int count = model.symbols(bytes, length, symbols);
        return engine.merge(symbols, count) == 1 && symbols[0] == id;
    }
}
