package io.kvepp.inference;

/// Why a body was not looked into.
public enum UnparsedReason {
    /// The path is none that this process reads prompts from.
    PATH("path"),
    /// The content type is absent or not JSON.
    CONTENT_TYPE("content-type"),
    /// The body is compressed.
    ENCODING("encoding"),
    /// There is no body.
    EMPTY("empty"),
    /// JSON with something this process leaves to the frontend to judge: bytes that are no UTF-8,
    /// a size beyond a limit, a rarely used form of a field.
    UNSUPPORTED("unsupported");

    private final String word;

    UnparsedReason(String word) {
        this.word = word;
    }

    /// The word used in metrics and logs.
    public String word() {
        return word;
    }
}
