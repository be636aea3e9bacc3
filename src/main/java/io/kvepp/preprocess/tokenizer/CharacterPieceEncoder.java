package io.kvepp.preprocess.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes the ids of pieces to a buffer.
///
/// A piece may be a whole prompt. It is cut into words wherever no merge reaches across, and merged
/// word by word.
///
/// Confined: one thread at a time, one instance per call of `encode`.
final class CharacterPieceEncoder implements PieceSink {
    private final CharacterModel model;
    private final WordCache cache;
    private final TokenBuffer out;
    private final MergeEngine engine;
    private int[] symbols = {};

    CharacterPieceEncoder(CharacterModel model, WordCache cache, TokenBuffer out) {
        this.model = model;
        this.cache = cache;
        this.out = out;
        engine = new MergeEngine(model.merges());
    }

    @Override
    public void piece(char[] text, int start, int end) {
        int whole = wholePiece(text, start, end);
        if (whole >= 0) {
            out.add(whole);
            return;
        }
        int from = start;
        int left = Character.codePointAt(text, start);
        int i = start + Character.charCount(left);
        while (i < end) {
            int right = Character.codePointAt(text, i);
            if (model.isCut(left, right)) {
                word(text, from, i);
                from = i;
            }
            left = right;
            i += Character.charCount(right);
        }
        word(text, from, end);
    }

    private int wholePiece(char[] text, int start, int end) {
        Vocabulary whole = model.wholePieces();
        if (whole == null) {
            return Vocabulary.NONE;
        }
        byte[] bytes = new String(text, start, end - start).getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(bytes, bytes.length + Mix.SPARE_BYTES);
        return whole.get(padded, bytes.length, Mix.bytes(padded, bytes.length));
    }

    private void word(char[] text, int start, int end) {
        if (end - start == 1) {
            int id = model.idOfCharacter().get(text[start]);
            if (id >= 0) {
                out.add(id);
                return;
            }
        }
        int[] known = cache.get(text, start, end);
        if (known.length > 0) {
            out.addAll(known, known.length);
        } else {
            merge(text, start, end);
        }
    }

    private void merge(char[] text, int start, int end) {
        int symbolsMax = CharacterModel.symbolsMax(end - start);
        if (symbols.length < symbolsMax) {
            symbols = new int[symbolsMax];
        }
        int count = engine.merge(symbols, model.symbols(text, start, end, symbols));
        out.addAll(symbols, count);
        cache.put(text, start, end, symbols, count);
    }
}
