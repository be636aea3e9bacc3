/// Text to token ids, bit-identical to Hugging Face tokenizers for byte-level BPE.
///
/// Starting points: [Tokenizer] (the contract), [TokenizerLoader] (which files are accepted).
///
/// Imports nothing of the project and knows nothing of chat.
@NullMarked
package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.NullMarked;
