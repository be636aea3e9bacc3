package io.kvepp.preprocess.tokenizer.huggingface;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import org.jspecify.annotations.Nullable;

/// Builds a [Tokenizer] of Hugging Face tokenizers 0.21.4, the frontend's version, from a model's
/// files: Unigram, WordPiece and whatever else that version reads.
///
/// Thread-safe.
public final class HuggingFaceLoader {
    private HuggingFaceLoader() {}

    /// The files as for `TokenizerLoader.load`.
    public static Tokenizer load(byte[] tokenizerJson, byte @Nullable [] tokenizerConfigJson)
            throws UnsupportedTokenizerException {
        HuggingFaceFile file = HuggingFaceFile.read(tokenizerJson, tokenizerConfigJson);
        TokenizersLibrary library = NativeLibrary.functions();
        long handle;
        try {
            handle = library.createTokenizerFromString(file.json());
        } catch (RuntimeException e) {
            throw new UnsupportedTokenizerException(
                    "tokenizer.json: not readable (expected: a file of Hugging Face tokenizers): " + e.getMessage());
        }
        return new HuggingFaceTokenizer(library, handle, file.largestId(library, handle) + 1);
    }
}
