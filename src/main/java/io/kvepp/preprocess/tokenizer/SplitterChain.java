package io.kvepp.preprocess.tokenizer;

import java.util.List;

/// Splitters one behind the other: each splits the pieces of the one before.
///
/// Immutable, thread-safe.
final class SplitterChain implements Splitter {
    private final List<Splitter> splitters;

    SplitterChain(List<Splitter> splitters) {
        this.splitters = List.copyOf(splitters);
    }

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        PieceSink next = sink;
        for (int i = splitters.size() - 1; i >= 0; i--) {
            Splitter splitter = splitters.get(i);
            PieceSink behind = next;
            next = (pieceText, from, to) -> splitter.split(pieceText, from, to, behind);
        }
        next.piece(text, start, end);
    }
}
