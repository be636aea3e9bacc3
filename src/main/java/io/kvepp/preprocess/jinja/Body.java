package io.kvepp.preprocess.jinja;

import java.util.List;

/// Statements that run one after the other.
///
/// Immutable, thread-safe.
final class Body {
    /// Nodes of a body that cost as much as one loop iteration.
    private static final int NODES_PER_STEP = 16;

    private final Stmt[] statements;
    private final int height;
    private final int steps;

    Body(List<Stmt> statements) {
        this.statements = statements.toArray(Stmt[]::new);
        int highest = 0;
        int nodes = 0;
        for (Stmt statement : statements) {
            highest = Math.max(highest, statement.height());
            nodes += statement.nodes();
        }
        this.height = highest;
        this.steps = nodes / NODES_PER_STEP + 1;
    }

    boolean isEmpty() {
        return statements.length == 0;
    }

    int height() {
        return height;
    }

    /// What one run of this body costs, in loop iterations.
    int steps() {
        return steps;
    }

    int nodes() {
        return steps * NODES_PER_STEP;
    }

    Flow execute(Render render) throws JinjaRenderException {
        for (Stmt statement : statements) {
            Flow flow;
            try {
                flow = statement.execute(render);
            } catch (JinjaRenderException failure) {
                throw failure.at(statement.line());
            }
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    void track(NameTracker names) {
        for (Stmt statement : statements) {
            statement.track(names);
        }
    }

    /// Tracks the body as a scope of its own.
    void trackScoped(NameTracker names) {
        names.push();
        track(names);
        names.pop();
    }
}
