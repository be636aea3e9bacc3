package io.kvepp.preprocess.tokenizer;

/// What tokenizers of all kinds are made of. No token stands for more than `tokenCharsMax`
/// characters of a text; 0 where nobody can say.
///
/// Confined to the loading thread.
record TokenizerParts(
        AddedVocabulary added, TextNormalizer normalizer, Frame frame, int vocabularySize, int tokenCharsMax) {}
