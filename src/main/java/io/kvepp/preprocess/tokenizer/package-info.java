/// Text to token ids, bit-identical to Hugging Face tokenizers 0.21.4 for BPE over bytes and over
/// characters, and to tiktoken for its model files.
///
/// Starting points: [Tokenizer] (the contract), [TokenizerLoader] (which files are accepted).
///
/// A text goes through: added tokens found in raw text ([AddedTokenSplitter]), normalizer
/// ([NormalizerReader]), added tokens found in normalized text, pre-tokenizer
/// ([PreTokenizerReader]), model. The model starts a piece from its bytes ([ByteLevelTokenizer]) or
/// from its characters ([CharacterTokenizer]) and merges.
///
/// Adding a normalizer or a pre-tokenizer: a case in its reader, a variant in `families.py` of the
/// test resources. Adding a splitter for a pattern: an entry in [KnownSplits], a case in
/// `KnownSplittersTest`.
///
/// Imports nothing of the project and knows nothing of chat.
@NullMarked
package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.NullMarked;
