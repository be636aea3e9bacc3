package io.kvepp.preprocess.jinja;

/// A template cannot be compiled. The message names the line, what was found and what was expected.
public final class JinjaSyntaxException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int line;

    public JinjaSyntaxException(int line, String message) {
        super("line " + line + ": " + message);
        this.line = line;
    }

    /// The line of the template, counted from 1.
    public int line() {
        return line;
    }
}
