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
    /// More messages, JSON tokens or digits than this process reads.
    TOO_LARGE("too-large"),
    /// A rarely used form of a field, which is left to the frontend.
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
