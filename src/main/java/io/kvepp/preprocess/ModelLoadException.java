package io.kvepp.preprocess;

/// A model's prompts cannot be turned into token ids; the message is for the operator.
final class ModelLoadException extends Exception {
    private static final long serialVersionUID = 1L;

    /// What is at fault.
    enum Part {
        FILES,
        TOKENIZER,
        TEMPLATE
    }

    private final Part part;

    ModelLoadException(Part part, String message) {
        super(message);
        this.part = part;
    }

    ModelLoadException(Part part, String message, Throwable cause) {
        super(message, cause);
        this.part = part;
    }

    Part part() {
        return part;
    }
}
