package io.kvepp.preprocess.tokenizer;

/// What tokenizers of all kinds are made of.
///
/// Confined to the loading thread.
record TokenizerParts(AddedVocabulary added, TextNormalizer normalizer, Frame frame, int vocabularySize) {}
