package io.kvepp.preprocess.jinja;

/// A statement of a compiled template.
///
/// Immutable, thread-safe.
abstract sealed class Stmt
        permits Statements.Text,
                Statements.Emit,
                Statements.If,
                Statements.With,
                Statements.Assign,
                Statements.AssignBlock,
                Statements.FilterBlock,
                Statements.Do,
                Statements.Include,
                Statements.Jump,
                ForLoop,
                Macros.Declare,
                Macros.CallBlock,
                PyForLoop,
                PyStatements.With,
                PyStatements.AssignBlock,
                PyStatements.FilterBlock,
                PyStatements.Declare,
                PyStatements.CallBlock,
                PyStatements.Generation,
                PyStatements.Shadow {
    private final int line;
    private final int height;
    private final int nodes;

    /// `contentHeight` is the height of the highest part, `contentNodes` a bound of the work in it.
    Stmt(int line, int contentHeight, int contentNodes) {
        this.line = line;
        this.height = contentHeight + 1;
        this.nodes = contentNodes + 1;
    }

    abstract Flow execute(Render render) throws JinjaRenderException;

    /// Reports the names it assigns and uses, in that order where the template does both.
    abstract void track(NameTracker names);

    final int line() {
        return line;
    }

    final int height() {
        return height;
    }

    final int nodes() {
        return nodes;
    }
}
