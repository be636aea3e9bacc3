package io.kvepp.preprocess.tokenizer;

import java.util.BitSet;
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
        return vanishes || BytePairModelBuilder.hasEveryByte(new BytePairModelReader(file).idOfByte);
    }

    static BytePairModel read(TokenizerFile file) throws UnsupportedTokenizerException {
        MergeFields.check(file);
        BytePairModelReader reader = new BytePairModelReader(file);
        PairTable merges = MergeFields.merges(file);
        return reader.build(merges);
    }

    private BytePairModel build(PairTable all) throws UnsupportedTokenizerException {
        BitSet live = live(all);
        boolean ranksAreIds = LiveMerges.grow(all, live);
        PairTable merges = new PairTable(live.cardinality(), ranksAreIds);
        BytePairModelBuilder builder = new BytePairModelBuilder(idOfByte, merges, live.cardinality());
        for (int rank = live.nextSetBit(0); rank >= 0; rank = live.nextSetBit(rank + 1)) {
            String left = file.mergeLeft(rank);
            String right = file.mergeRight(rank);
            int id = all.id(rank);
            merges.put(idOf(left), idOf(right), ranksAreIds ? id : rank, id);
            builder.merge(bytes(left), bytes(right));
        }
        vocabulary.entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .forEach(token -> builder.token(bytes(token.getKey()), token.getValue()));
        return builder.build(file.modelField("ignore_merges").bool(false));
    }

    /// The ranks of merges that may happen.
    private BitSet live(PairTable all) {
        BitSet live = new BitSet();
        boolean everyByte = BytePairModelBuilder.hasEveryByte(idOfByte);
        LiveMerges filter = new LiveMerges(idOfByte, all);
        for (int rank = 0; rank < file.mergeCount(); rank++) {
            String left = file.mergeLeft(rank);
            String right = file.mergeRight(rank);
            live.set(
                    rank,
                    everyByte
                            ? filter.isLive(bytes(left), bytes(right), rank)
                            : all.rank(idOf(left), idOf(right)) == rank);
        }
        return live;
    }

    private int idOf(String token) {
        return vocabulary.getOrDefault(token, 0); // all are there: the merges were read
    }

    /// The bytes of a token; none if a character of it is no byte, so that no text becomes it.
    private static byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        return ByteAlphabet.decode(token, bytes) < 0 ? new byte[0] : bytes;
    }
}
