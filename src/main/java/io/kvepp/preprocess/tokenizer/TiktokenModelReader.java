package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// Builds the model of a `tiktoken.model`, in which any two neighbours merge whose bytes together
/// are a token, the token of lowest rank first.
///
/// Source: tiktoken-rs 0.9.1, `_byte_pair_merge`.
///
/// Confined to the loading thread.
final class TiktokenModelReader {
    /*
     * A table of merges needs one pair per token, not every way to cut it in two: when two symbols that make up a
     * token stand side by side, all merges so far happened inside the two, in the order in which they happen in the
     * token alone. So the pair is the one that merging the token alone arrives at last.
     */
    private static final int BYTES = 256;
    private static final int NO_RANK = Integer.MAX_VALUE;

    private final TiktokenFile file;
    private final Vocabulary vocabulary;
    private final byte[] part;
    private final int[] starts;
    private final int[] ranks;

    private TiktokenModelReader(TiktokenFile file) {
        this.file = file;
        vocabulary = file.vocabulary();
        part = new byte[file.longest() + Mix.SPARE_BYTES];
        starts = new int[file.longest() + 1];
        ranks = new int[file.longest() + 1];
    }

    static BytePairModel read(TiktokenFile file) throws UnsupportedTokenizerException {
        TiktokenModelReader reader = new TiktokenModelReader(file);
        return reader.build();
    }

    private int[] idOfByte() throws UnsupportedTokenizerException {
        int[] ids = new int[BYTES];
        for (int b = 0; b < BYTES; b++) {
            ids[b] = rank(new byte[] {(byte) b}, 0, 1);
            if (ids[b] == NO_RANK) {
                throw UnsupportedTokenizerException.of("tiktoken.model", "no byte " + b, "a token for every byte");
            }
        }
        return ids;
    }

    private BytePairModel build() throws UnsupportedTokenizerException {
        PairTable merges = new PairTable(file.size(), true);
        BytePairModelBuilder builder = new BytePairModelBuilder(idOfByte(), merges, file.size());
        for (int i = 0; i < file.size(); i++) {
            byte[] token = file.token(i);
            int rank = file.rank(i);
            builder.token(token, rank);
            int middle = token.length > 1 ? lastCut(token) : 0;
            if (middle > 0) {
                merges.put(rank(token, 0, middle), rank(token, middle, token.length), rank, rank);
                builder.merge(Arrays.copyOf(token, middle), Arrays.copyOfRange(token, middle, token.length));
            }
        }
        return builder.build(true);
    }

    /// Where the last two parts meet when the token is merged from its bytes; 0 if merging gets
    /// stuck.
    private int lastCut(byte[] token) {
        int parts = token.length;
        for (int i = 0; i <= parts; i++) {
            starts[i] = i;
        }
        for (int i = 0; i + 2 <= parts; i++) {
            ranks[i] = rank(token, i, i + 2);
        }
        while (parts > 2) {
            int at = indexOfLowest(parts - 1);
            if (ranks[at] == NO_RANK) {
                return 0;
            }
            System.arraycopy(starts, at + 2, starts, at + 1, parts - at - 1);
            System.arraycopy(ranks, at + 1, ranks, at, parts - at - 2);
            parts--;
            for (int i = Math.max(0, at - 1); i <= at && i + 2 <= parts; i++) {
                ranks[i] = rank(token, starts[i], starts[i + 2]);
            }
        }
        return starts[1];
    }

    private int indexOfLowest(int pairs) {
        int at = 0;
        for (int i = 1; i < pairs; i++) {
            if (ranks[i] < ranks[at]) {
                at = i;
            }
        }
        return at;
    }

    private int rank(byte[] token, int from, int to) {
        int length = to - from;
        System.arraycopy(token, from, part, 0, length);
        Arrays.fill(part, length, length + Mix.SPARE_BYTES, (byte) 0);
        int rank = vocabulary.get(part, length, Mix.bytes(part, length));
        return rank == Vocabulary.NONE ? NO_RANK : rank;
    }
}
