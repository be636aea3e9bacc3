package io.kvepp.preprocess.tokenizer;

import java.util.Map;

/// Builds the model from vocabulary and merges, and refuses what byte-level BPE does not have.
///
/// Confined to the loading thread.
final class BytePairModelReader {
    private static final int BYTES = 256;
    private static final String PATH = "tokenizer.json.model";

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

    static BytePairModel read(TokenizerFile file) throws UnsupportedTokenizerException {
        BytePairModelReader reader = new BytePairModelReader(file);
        reader.checkFields();
        PairTable merges = reader.merges();
        return new BytePairModel(reader.idOfByte, merges, reader.wholePieces(merges));
    }

    private void checkFields() throws UnsupportedTokenizerException {
        JsonField type = file.modelField("type");
        if (!type.isAbsent() && !type.string().equals("BPE")) {
            throw type.refused("BPE");
        }
        JsonField dropout = file.modelField("dropout");
        if (!dropout.isAbsent() && dropout.value().asDouble(1) != 0) {
            throw dropout.refused("none");
        }
        for (String name : new String[] {"continuing_subword_prefix", "end_of_word_suffix"}) {
            JsonField affix = file.modelField(name);
            if (!affix.isAbsent() && !affix.string().isEmpty()) {
                throw affix.refused("none");
            }
        }
        if (!hasEveryByte()) {
            refuseUnknownTokens();
        }
    }

    /// With a token for every byte nothing is ever unknown, so these two have no effect.
    private void refuseUnknownTokens() throws UnsupportedTokenizerException {
        String expected = "none, or a vocabulary with a token for every byte";
        if (!file.modelField("unk_token").isAbsent()) {
            throw file.modelField("unk_token").refused(expected);
        }
        if (file.modelField("byte_fallback").bool(false)) {
            throw file.modelField("byte_fallback").refused(expected);
        }
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

    private PairTable merges() throws UnsupportedTokenizerException {
        PairTable merges = new PairTable(file.mergeCount());
        for (int rank = 0; rank < file.mergeCount(); rank++) {
            String left = file.mergeLeft(rank);
            String right = file.mergeRight(rank);
            merges.put(idOf(left, rank), idOf(right, rank), rank, idOf(left + right, rank));
        }
        return merges;
    }

    private int idOf(String token, int rank) throws UnsupportedTokenizerException {
        Integer id = vocabulary.get(token);
        if (id == null) {
            throw UnsupportedTokenizerException.of(PATH + ".merges[" + rank + "]", token, "a token of the vocabulary");
        }
        return id;
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
