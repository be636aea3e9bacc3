package io.kvepp.preprocess.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The content of a `tiktoken.model`: a line for each token, its bytes in base64 and its rank,
/// which is its id.
///
/// Confined to the loading thread.
final class TiktokenFile {
    private static final String FILE = "tiktoken.model";

    private final List<byte[]> tokens = new ArrayList<>();
    private final List<Integer> ranks = new ArrayList<>();
    private Vocabulary vocabulary = new Vocabulary(0);
    private int longest;

    private TiktokenFile() {}

    static TiktokenFile parse(byte[] content) throws UnsupportedTokenizerException {
        TiktokenFile file = new TiktokenFile();
        int number = 0;
        for (String line : new String(content, StandardCharsets.UTF_8).lines().toList()) {
            number++;
            if (!line.isBlank()) {
                file.addLine(FILE + ":" + number, line.strip().split("\\s+"));
            }
        }
        file.fillVocabulary();
        return file;
    }

    int size() {
        return tokens.size();
    }

    /// The bytes of a token, by its number in the file.
    byte[] token(int number) {
        return tokens.get(number);
    }

    /// The rank of a token, by its number in the file.
    int rank(int number) {
        return ranks.get(number);
    }

    int largestRank() {
        return ranks.stream().mapToInt(Integer::intValue).max().orElse(-1);
    }

    /// Bytes of the longest token.
    int longest() {
        return longest;
    }

    /// The ranks by bytes.
    Vocabulary vocabulary() {
        return vocabulary;
    }

    private void addLine(String path, String[] fields) throws UnsupportedTokenizerException {
        try {
            byte[] token = Base64.getDecoder().decode(fields[0]);
            int rank = Integer.parseInt(fields[1]);
            if (rank < 0 || rank >= PairTable.IDS_MAX || token.length == 0) {
                throw UnsupportedTokenizerException.of(
                        path, rank, "a token and its rank from 0 to " + (PairTable.IDS_MAX - 1));
            }
            tokens.add(token);
            ranks.add(rank);
            longest = Math.max(longest, token.length);
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw UnsupportedTokenizerException.of(path, "not readable", "a token in base64 and its rank");
        }
    }

    private void fillVocabulary() throws UnsupportedTokenizerException {
        vocabulary = new Vocabulary(size());
        byte[] padded = new byte[longest + Mix.SPARE_BYTES];
        Set<Integer> seen = new HashSet<>();
        for (int i = 0; i < size(); i++) {
            byte[] token = token(i);
            System.arraycopy(token, 0, padded, 0, token.length);
            boolean known = vocabulary.get(padded, token.length, Mix.bytes(padded, token.length)) != Vocabulary.NONE;
            if (known || !seen.add(rank(i))) {
                throw UnsupportedTokenizerException.of(FILE, "rank " + rank(i), "each token and each rank once");
            }
            vocabulary.put(padded, token.length, rank(i));
        }
    }
}
