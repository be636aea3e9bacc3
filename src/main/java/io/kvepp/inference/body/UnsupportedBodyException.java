package io.kvepp.inference.body;

import io.kvepp.inference.UnparsedReason;

/// The body has a form that is left to the frontend to judge.
public final class UnsupportedBodyException extends Exception {
    private static final long serialVersionUID = 1L;

    private final UnparsedReason reason;

    private UnsupportedBodyException(UnparsedReason reason, String what) {
        super(what, null, false, false);
        this.reason = reason;
    }

    public static UnsupportedBodyException form(String what) {
        return new UnsupportedBodyException(UnparsedReason.UNSUPPORTED, what);
    }

    public static UnsupportedBodyException tooLarge(String what) {
        return new UnsupportedBodyException(UnparsedReason.TOO_LARGE, what);
    }

    public UnparsedReason reason() {
        return reason;
    }
}
