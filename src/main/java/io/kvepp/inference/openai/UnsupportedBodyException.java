package io.kvepp.inference.openai;

/// The body has a form that is left to the frontend to judge.
final class UnsupportedBodyException extends Exception {
    private static final long serialVersionUID = 1L;

    UnsupportedBodyException(String what) {
        super(what, null, false, false);
    }
}
