package io.kvepp.preprocess.tokenizer;

import java.util.List;

/// What a `pre_tokenizer` asks for.
///
/// Immutable.
///
/// @param startMatters whether `atStart` differs from `elsewhere`
/// @param atStart splits normalized text that begins where the whole text begins
/// @param elsewhere splits all other text
/// @param endsInBytes whether the pieces are then written as bytes; `atStart` and `elsewhere` leave
///     that step out
record PreTokenizer(boolean startMatters, Splitter atStart, Splitter elsewhere, boolean endsInBytes) {
    /// The same with the last step, if it has one, as a splitter.
    PreTokenizer writingBytes() {
        return endsInBytes ? new PreTokenizer(startMatters, bytes(atStart), bytes(elsewhere), false) : this;
    }

    private static Splitter bytes(Splitter splitter) {
        return new SplitterChain(List.of(splitter, new ByteAlphabetSplitter()));
    }
}
