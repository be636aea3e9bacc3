package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;
import java.util.List;
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
        return new BytePairModel(
                reader.idOfByte,
                merges,
                reader.wholePieces(merges),
                reader.hasEveryByte() ? ByteStarts.of(reader.idOfByte, merges) : null,
                reader.cuts());
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

    private CharacterCuts cuts() {
        if (!hasEveryByte()) {
            return CharacterCuts.NONE; // what stands on both sides of a byte that vanishes may merge
        }
        CharacterCuts cuts = new CharacterCuts(file.mergeCount());
        for (int rank = 0; rank < file.mergeCount(); rank++) {
            cuts.add(bytes(file.mergeLeft(rank)), bytes(file.mergeRight(rank)));
        }
        return cuts;
    }

    /// The bytes of a token; none if a character of it is no byte, so that no text becomes it.
    private static byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        return ByteAlphabet.decode(token, bytes) < 0 ? new byte[0] : bytes;
    }

    private WholePieces wholePieces(PairTable merges) throws UnsupportedTokenizerException {
        boolean ignoreMerges = file.modelField("ignore_merges").bool(false);
        int longer = (int) vocabulary.keySet().stream()
                .filter(token -> token.length() > WordKey.BYTES_MAX)
                .count();
        WholePieces whole =
                new WholePieces(new WordTable(vocabulary.size() - longer), new Vocabulary(longer), null);
        Vocabulary unmerged = new Vocabulary(ignoreMerges ? vocabulary.size() : 0);
        int others = 0;
        MergeEngine engine = new MergeEngine(merges);
        int[] symbols = new int[vocabulary.keySet().stream().mapToInt(String::length).max().orElse(0)];
        for (Map.Entry<String, Integer> token : byId()) {
            byte[] bytes = bytes(token.getKey());
            int length = bytes.length;
            byte[] spared = Arrays.copyOf(bytes, length + WordKey.SPARE_BYTES);
            if (!mayBeText(bytes)) {
                continue;
            }
            if ( mergesTo(token.getValue(), spared, length, symbols, engine)) {
                if (length > WordKey.BYTES_MAX) {
                    whole.longer().put(spared, length, token.getValue());
                } else {
                    whole.words().put(spared, length, token.getValue());
                }
            } else if (ignoreMerges) {
                unmerged.put(spared, length, token.getValue());
                others++;
            }
        }
        return others == 0 ? whole : new WholePieces(whole.words(), whole.longer(), unmerged);
    }

    /// Whether a piece may have these bytes. UTF-8 has no byte 0xFF.
    private static boolean mayBeText(byte[] bytes) {
        for (byte b : bytes) {
            if (b == (byte) 0xFF) {
                return false;
            }
        }
        return bytes.length > 0;
    }

    /// Frequent tokens first.
    private List<Map.Entry<String, Integer>> byId() {
        return vocabulary.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList();
    }

    private boolean mergesTo(int id, byte[] bytes, int length, int[] symbols, MergeEngine engine) {
        int count = 0;
        for (int i = 0; i < length; i++) {
            int symbol = idOfByte[bytes[i] & 0xFF];
            if (symbol >= 0) {
                symbols[count++] = symbol;
            }
        }
        return engine.merge(symbols, count) == 1 && symbols[0] == id;
    }
}
