package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.Nullable;

/// The tokens that a piece of exactly their bytes becomes.
///
/// Single-writer: filled by the loader, then only read, by any number of threads.
///
/// @param words those short enough for a [WordKey], which merging gives as well
/// @param longer the others that merging gives
/// @param unmerged those that merging does not give: they win only where they are a whole piece. Null
///     if there are none
record WholePieces(
        WordTable words, Vocabulary longer, @Nullable Vocabulary unmerged) {}
