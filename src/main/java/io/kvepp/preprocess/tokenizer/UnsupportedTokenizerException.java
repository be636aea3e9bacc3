package io.kvepp.preprocess.tokenizer;

/// A tokenizer file asks for something this package cannot reproduce exactly. The message follows
/// `name: value (expected: ...)` and is meant for the operator.
public final class UnsupportedTokenizerException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnsupportedTokenizerException(String message) {
        super(message);
    }

    static UnsupportedTokenizerException of(String name, Object value, String expected) {
        return new UnsupportedTokenizerException(name + ": " + value + " (expected: " + expected + ")");
    }
}
