package io.kvepp.preprocess.tokenizer.huggingface;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.WellFormedText;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;

/// A tokenizer of the native library. It keeps no segments: what Hugging Face's caches hold changes
/// no id.
///
/// Thread-safe. Frees the native tokenizer when it is no longer reachable.
final class HuggingFaceTokenizer implements Tokenizer {
    private static final Cleaner CLEANER = Cleaner.create();

    private final TokenizersLibrary library;
    private final long handle;
    private final int vocabularySize;

    /// `handle` is a native tokenizer, which this object owns from now on.
    HuggingFaceTokenizer(TokenizersLibrary library, long handle, int vocabularySize) {
        this.library = library;
        this.handle = handle;
        this.vocabularySize = vocabularySize;
        CLEANER.register(this, () -> library.deleteTokenizer(handle));
    }

    @Override
    public int[] encode(String text) {
        return ids(text, false);
    }

    @Override
    public int[] encodeFramed(String text) {
        return ids(text, true);
    }

    @Override
    public int vocabularySize() {
        return vocabularySize;
    }

    private int[] ids(String text, boolean framed) {
        long encoding = library.encode(handle, WellFormedText.of(text), framed);
        try {
            long[] ids = library.getTokenIds(encoding);
            int[] narrow = new int[ids.length];
            for (int i = 0; i < ids.length; i++) {
                narrow[i] = Math.toIntExact(ids[i]);
            }
            return narrow;
        } finally {
            library.deleteEncoding(encoding);
            Reference.reachabilityFence(this);
        }
    }
}
