package io.kvepp.modelfiles;

/// A model file cannot be had. The message names the file, what was found and what was expected; it
/// is meant for the operator.
public final class ModelFileException extends Exception {
    private static final long serialVersionUID = 1L;

    /// Why.
    public enum Reason {
        MISSING,
        TOO_LARGE,
        CHECKSUM,
        IO
    }

    private final Reason reason;

    ModelFileException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    ModelFileException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
