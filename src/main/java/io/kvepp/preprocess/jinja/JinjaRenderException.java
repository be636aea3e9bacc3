package io.kvepp.preprocess.jinja;

/// A template could not be rendered with the given context: an operation the values do not support,
/// a limit of [JinjaSettings], or a `raise_exception(message)` of the template itself.
public final class JinjaRenderException extends Exception {
    private static final long serialVersionUID = 1L;

    /// Whose failure it is.
    public enum Kind {
        /// The template refused by `raise_exception`; the reason is its argument.
        RAISED,
        /// An operation that the values do not support: no engine of this language renders it.
        FAILED,
        /// A limit of this engine, or a construct it does not know: another engine may render it.
        LIMIT
    }

    private final String reason;
    private final int line;
    private final Kind kind;

    private JinjaRenderException(String reason, int line, Kind kind) {
        // Templates probe with failing renders on hot paths; the line of the template is the trace.
        super(line > 0 ? "line " + line + ": " + reason : reason, null, false, false);
        this.reason = reason;
        this.line = line;
        this.kind = kind;
    }

    public JinjaRenderException(String reason) {
        this(reason, 0, Kind.FAILED);
    }

    static JinjaRenderException raised(String reason) {
        return new JinjaRenderException(reason, 0, Kind.RAISED);
    }

    static JinjaRenderException limit(String reason) {
        return new JinjaRenderException(reason, 0, Kind.LIMIT);
    }

    /// The same failure with the line where it happened, unless it already has one.
    JinjaRenderException at(int failedLine) {
        return line > 0 ? this : new JinjaRenderException(reason, failedLine, kind);
    }

    /// What went wrong, without the line.
    public String reason() {
        return reason;
    }

    /// The line of the template, counted from 1; 0 when no line is known.
    public int line() {
        return line;
    }

    public Kind kind() {
        return kind;
    }
}
