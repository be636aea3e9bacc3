package io.kvepp.preprocess.tokenizer;

/// A string that is one token wherever it stands in the text.
///
/// - `singleWord`: only where no word character touches it
/// - `lstrip`, `rstrip`: swallows the white space before, after it
/// - `normalized`: looked for in the normalized text instead of the raw text
record AddedToken(
        String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {}
