package io.kvepp.preprocess.jinja;

/// A template could not be rendered with the given context: an operation the values do not support,
/// a limit of [JinjaSettings], or a `raise_exception(message)` of the template itself.
public final class JinjaRenderException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;
    private final int line;
    private final boolean raisedByTemplate;

    private JinjaRenderException(String reason, int line, boolean raisedByTemplate) {
        // Templates probe with failing renders on hot paths; the line of the template is the trace.
        super(line > 0 ? "line " + line + ": " + reason : reason, null, false, false);
        this.reason = reason;
        this.line = line;
        this.raisedByTemplate = raisedByTemplate;
    }

    public JinjaRenderException(String reason) {
        this(reason, 0, false);
    }

    static JinjaRenderException raised(String reason) {
        return new JinjaRenderException(reason, 0, true);
    }

    /// The same failure with the line where it happened, unless it already has one.
    JinjaRenderException at(int failedLine) {
        return line > 0 ? this : new JinjaRenderException(reason, failedLine, raisedByTemplate);
    }

    /// What went wrong, without the line.
    public String reason() {
        return reason;
    }

    /// The line of the template, counted from 1; 0 when no line is known.
    public int line() {
        return line;
    }

    /// True when the template refused by `raise_exception`; then [#reason] is its argument.
    public boolean raisedByTemplate() {
        return raisedByTemplate;
    }
}
