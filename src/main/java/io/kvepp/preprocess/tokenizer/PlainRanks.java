package io.kvepp.preprocess.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ids of a `tiktoken.model` the obvious way: of all neighbours in a piece those are joined
/// that are together the token of lowest rank, as long as there are some.
///
/// Confined to the loading thread. Quadratic in the length of a piece.
final class PlainRanks {
    private final Splitter splitter = new KimiSplitter();

    /// By the bytes, a character for each.
    private final Map<String, Integer> ranks = new HashMap<>();

    PlainRanks(TiktokenFile file) {
        for (int i = 0; i < file.size(); i++) {
            ranks.put(new String(file.token(i), StandardCharsets.ISO_8859_1), file.rank(i));
        }
    }

    /// Added tokens are text like any other.
    int[] encode(String text) {
        TokenBuffer out = new TokenBuffer(0);
        splitter.split(text.toCharArray(), 0, text.length(), (chars, from, to) -> {
            byte[] bytes = new String(chars, from, to - from).getBytes(StandardCharsets.UTF_8);
            for (String part : merged(new String(bytes, StandardCharsets.ISO_8859_1))) {
                out.add(ranks.getOrDefault(part, 0)); // every byte is a token, or the file is refused
            }
        });
        return out.toArray();
    }

    private List<String> merged(String piece) {
        if (ranks.containsKey(piece)) {
            return List.of(piece);
        }
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < piece.length(); i++) {
            parts.add(piece.substring(i, i + 1));
        }
        for (int best = best(parts); best >= 0; best = best(parts)) {
            parts.set(best, parts.get(best) + parts.remove(best + 1));
        }
        return parts;
    }

    private int best(List<String> parts) {
        int best = -1;
        Integer lowest = null;
        for (int i = 0; i + 1 < parts.size(); i++) {
            @Nullable Integer rank = ranks.get(parts.get(i) + parts.get(i + 1));
            if (rank != null && (lowest == null || rank < lowest)) {
                lowest = rank;
                best = i;
            }
        }
        return best;
    }
}
