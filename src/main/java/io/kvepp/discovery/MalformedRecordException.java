package io.kvepp.discovery;

/// A discovery entry that cannot be read. The message names field, value and what was expected.
public final class MalformedRecordException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedRecordException(String message) {
        super(message);
    }
}
