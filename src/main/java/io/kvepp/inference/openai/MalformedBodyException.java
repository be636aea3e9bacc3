package io.kvepp.inference.openai;

import org.jspecify.annotations.Nullable;

/// The frontend would answer 400 as well; the message is for the client.
final class MalformedBodyException extends Exception {
    private static final long serialVersionUID = 1L;

    private final @Nullable String param;

    private MalformedBodyException(String message, @Nullable String param) {
        super(message, null, false, false); // a client's mistake: nobody reads the trace
        this.param = param;
    }

    static MalformedBodyException of(String field, String found, String expected) {
        return new MalformedBodyException(field + ": " + found + " (expected: " + expected + ")", field);
    }

    static MalformedBodyException body(String found, String expected) {
        return new MalformedBodyException("body: " + found + " (expected: " + expected + ")", null);
    }

    @Nullable
    String param() {
        return param;
    }
}
