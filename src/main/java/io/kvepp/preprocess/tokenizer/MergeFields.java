package io.kvepp.preprocess.tokenizer;

import java.util.Map;

/// The parts of a `BPE` model section that its byte-level and its character-level readers share.
///
/// Confined to the loading thread.
final class MergeFields {
    private static final String PATH = "tokenizer.json.model";

    private MergeFields() {}

    /// Refuses other models and what no reader reproduces.
    static void check(TokenizerFile file) throws UnsupportedTokenizerException {
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
    }

    static PairTable merges(TokenizerFile file) throws UnsupportedTokenizerException {
        PairTable merges = new PairTable(file.mergeCount());
        for (int rank = 0; rank < file.mergeCount(); rank++) {
            String left = file.mergeLeft(rank);
            String right = file.mergeRight(rank);
            merges.put(idOf(file, left, rank), idOf(file, right, rank), rank, idOf(file, left + right, rank));
        }
        return merges;
    }

    private static int idOf(TokenizerFile file, String token, int rank) throws UnsupportedTokenizerException {
        Map<String, Integer> vocabulary = file.vocabulary();
        Integer id = vocabulary.get(token);
        if (id == null) {
            throw UnsupportedTokenizerException.of(PATH + ".merges[" + rank + "]", token, "a token of the vocabulary");
        }
        return id;
    }
}
