package io.kvepp.inference.body;

import org.jspecify.annotations.Nullable;

/// The frontend answers 400 as well; the message is for the client and holds no prompt text.
public final class MalformedBodyException extends Exception {
    private static final long serialVersionUID = 1L;
    private static final String TYPE_PREFIX = "Failed to deserialize the JSON body into the target type: ";

    private final @Nullable String param;

    private MalformedBodyException(String message, @Nullable String param) {
        super(message, null, false, false); // a client's mistake: nobody reads the trace
        this.param = param;
    }

    /// A field of another type, missing, or given twice. The message starts as the frontend's does.
    public static MalformedBodyException type(String field, String found, String expected) {
        return new MalformedBodyException(TYPE_PREFIX + field + ": " + found + " (expected: " + expected + ")", field);
    }

    /// A body that is no JSON of the expected form as a whole.
    public static MalformedBodyException body(String found, String expected) {
        return new MalformedBodyException(TYPE_PREFIX + "body: " + found + " (expected: " + expected + ")", null);
    }

    /// A value out of its range, in the frontend's words.
    public static MalformedBodyException value(@Nullable String param, String message) {
        return new MalformedBodyException(message, param);
    }

    public @Nullable String param() {
        return param;
    }

    /// What is wrong, without the words before it.
    String fault() {
        return text().startsWith(TYPE_PREFIX) ? text().substring(TYPE_PREFIX.length()) : text();
    }

    /// What the client is told.
    public String text() {
        return String.valueOf(getMessage());
    }
}
