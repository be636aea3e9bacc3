package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// `{% for target in items if filter recursive %}` as jinja2 runs it.
final class PyForLoop extends Stmt {
    private final Target target;
    private final Expr items;
    private final @Nullable Expr filter;
    private final boolean recursive;
    private final Body body;
    private final Body otherwise;

    PyForLoop(int line, ForLoop.Head head, Body body, Body otherwise) {
        int exprHeight = head.filter() == null ? head.items().height() : Expr.height(head.items(), head.filter());
        super(
                line,
                Math.max(exprHeight, Math.max(body.height(), otherwise.height())),
                body.nodes() + otherwise.nodes() + exprHeight);
        this.target = head.target();
        this.items = head.items();
        this.filter = head.filter();
        this.recursive = head.recursive();
        this.body = body;
        this.otherwise = otherwise;
    }

    @Override
    Flow execute(Render render) throws JinjaRenderException {
        Object values = items.eval(render);
        return recursive ? recursion(render, values) : run(render, values, 0);
    }

    private Flow recursion(Render render, Object values) throws JinjaRenderException {
        render.emit(recurse(render, values, 0));
        return Flow.NEXT;
    }

    private Flow run(Render render, Object values, int depth) throws JinjaRenderException {
        PyLoop loop = new PyLoop(picked(render, values), depth, recursive ? this : null);
        Frame frame = render.push();
        boolean finished = false;
        while (loop.advance()) {
            render.budget.steps(body.steps());
            frame.clear();
            frame.store(Names.LOOP, loop);
            target.assign(render, loop.current());
            Flow flow = body.execute(render);
            if (flow == Flow.BREAK) {
                break;
            }
            finished |= flow == Flow.NEXT;
        }
        render.pop(frame);
        // An iteration that was cut short does not count for the else branch.
        return finished ? Flow.NEXT : otherwise(render);
    }

    private Flow otherwise(Render render) throws JinjaRenderException {
        Frame frame = render.push();
        Flow flow = otherwise.execute(render);
        render.pop(frame);
        return flow;
    }

    private List<Object> picked(Render render, Object values) throws JinjaRenderException {
        List<Object> all = PySequences.list(render, values);
        if (filter == null) {
            return all;
        }
        List<Object> kept = new ArrayList<>();
        Frame frame = render.push();
        for (Object value : all) {
            render.budget.steps(1);
            frame.clear();
            target.assign(render, value);
            if (PySequences.truth(filter.eval(render))) {
                kept.add(value);
            }
        }
        render.pop(frame);
        return kept;
    }

    /// `loop(items)`: runs this loop again, one level deeper, and returns what it prints.
    String recurse(Render render, Object values, int depth) throws JinjaRenderException {
        render.enter(height());
        StringJoiner outer = render.beginCapture();
        Flow _ = run(render, values, depth);
        String text = render.endCapture(outer);
        render.leave(height());
        return text;
    }

    @Override
    void track(NameTracker names) {
        items.track(names);
        if (filter != null) {
            filter.track(names);
        }
        body.track(names);
        otherwise.track(names);
    }
}
