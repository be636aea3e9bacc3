package io.kvepp.msgpack;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Strings that are expected, compared as bytes so that none has to be made of what is read.
///
/// Immutable.
public final class MsgpackWords {
    /// Stands for every other string.
    public static final int OTHER = -1;

    private final byte[][] words;

    /// Indices of the words by their length.
    private final int[][] byLength;

    private MsgpackWords(byte[][] words, int[][] byLength) {
        this.words = words;
        this.byLength = byLength;
    }

    public static MsgpackWords of(String... texts) {
        List<byte[]> encoded = Arrays.stream(texts)
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        int longest = encoded.stream().mapToInt(word -> word.length).max().orElse(0);
        int[][] byLength = IntStream.rangeClosed(0, longest)
                .mapToObj(length -> IntStream.range(0, texts.length)
                        .filter(i -> encoded.get(i).length == length)
                        .toArray())
                .toArray(int[][]::new);
        return new MsgpackWords(encoded.toArray(new byte[0][]), byLength);
    }

    int indexOf(byte[] bytes, int from, int length) {
        if (length >= byLength.length) {
            return OTHER;
        }
        for (int index : byLength[length]) {
            if (Arrays.equals(words[index], 0, length, bytes, from, from + length)) {
                return index;
            }
        }
        return OTHER;
    }
}
