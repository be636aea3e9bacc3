package io.kvepp.preprocess.tokenizer;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The same ids as the tokenizers that serve requests, the obvious way: general splitters, no
/// cache, no cut, one search for the best pair per merge.
///
/// Confined to the loading thread. Quadratic in the length of a piece.
final class PlainTokenizer {
    private final AddedTokenSplitter rawTokens;
    private final TextNormalizer normalizer;
    private final AddedTokenSplitter normalizedTokens;
    private final PreTokenizer preTokenizer;
    private final CharacterModel model;
    private final @Nullable Map<String, Integer> wholePieces;

    /// `wholePieces` are the tokens that a piece of exactly their text becomes, or null.
    PlainTokenizer(
            TokenizerParts parts,
            PreTokenizer preTokenizer,
            CharacterModel model,
            @Nullable Map<String, Integer> wholePieces) {
        rawTokens = parts.added().rawSplitter();
        normalizer = parts.normalizer();
        normalizedTokens = parts.added().normalizedSplitter(normalizer);
        this.preTokenizer = preTokenizer.writingBytes();
        this.model = model;
        this.wholePieces = wholePieces;
    }

    int[] encode(String text) {
        TokenBuffer out = new TokenBuffer(0);
        rawTokens.split(text, new AddedTokenSplitter.Sink() {
            @Override
            public void text(int start, int end) {
                segment(text.substring(start, end), start == 0, out);
            }

            @Override
            public void token(int id) {
                out.add(id);
            }
        });
        return out.toArray();
    }

    private void segment(String segment, boolean atStart, TokenBuffer out) {
        String normalized = normalizer.normalize(segment);
        Splitter splitter = atStart ? preTokenizer.atStart() : preTokenizer.elsewhere();
        normalizedTokens.split(normalized, new AddedTokenSplitter.Sink() {
            @Override
            public void text(int start, int end) {
                splitter.split(normalized.toCharArray(), start, end, (chars, from, to) -> piece(chars, from, to, out));
            }

            @Override
            public void token(int id) {
                out.add(id);
            }
        });
    }

    private void piece(char[] text, int start, int end, TokenBuffer out) {
        Integer whole = wholePieces == null ? null : wholePieces.get(new String(text, start, end - start));
        if (whole != null) {
            out.add(whole);
            return;
        }
        int[] symbols = new int[CharacterModel.symbolsMax(end - start)];
        int count = model.symbols(text, start, end, symbols);
        for (int best = best(symbols, count); best >= 0; best = best(symbols, count)) {
            symbols[best] = (int) model.merges().get(symbols[best], symbols[best + 1]);
            System.arraycopy(symbols, best + 2, symbols, best + 1, count - best - 2);
            count--;
        }
        out.addAll(symbols, count);
    }

    /// Index of the leftmost pair of lowest rank, or -1.
    private int best(int[] symbols, int count) {
        int best = -1;
        long lowest = PairTable.NONE;
        for (int i = 0; i + 1 < count; i++) {
            long merge = model.merges().get(symbols[i], symbols[i + 1]);
            if (merge < lowest) {
                lowest = merge;
                best = i;
            }
        }
        return best;
    }
}
