package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// `{% for target in items if filter recursive %}`.
final class ForLoop extends Stmt {
    private final Target target;
    private final Expr items;
    private final @Nullable Expr filter;
    private final boolean recursive;
    private final Body body;
    private final Body otherwise;

    /// The head of a loop: everything before its body.
    record Head(Target target, Expr items, @Nullable Expr filter, boolean recursive) {}

    ForLoop(int line, Head head, Body body, Body otherwise) {
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
        if (filter != null) {
            values = filtered(render, values, filter);
        }
        boolean iterated = iterate(render, values);
        return iterated ? Flow.NEXT : otherwise.execute(render);
    }

    private Object filtered(Render render, Object values, Expr condition) throws JinjaRenderException {
        List<Object> kept = new ArrayList<>();
        Frame frame = render.push();
        for (Object raw : render.iterate(values)) {
            render.budget.steps(1);
            Object value = Values.of(raw);
            frame.clear();
            target.assign(render, value);
            if (render.dialect.truth(condition.eval(render))) {
                kept.add(value);
            }
        }
        render.pop(frame);
        return kept;
    }

    /// Runs the body for each item; false when that was for none, or the first one broke the loop.
    private boolean iterate(Render render, Object values) throws JinjaRenderException {
        LoopState outer = render.innermostLoop();
        int depth = outer != null && outer.isRecursive() ? outer.depth() + 1 : 0;
        boolean sized = !(values instanceof String text) || text.isEmpty();
        LoopState state = new LoopState(render.iterate(values), sized, depth, recursive ? this : null);
        Frame frame = render.push();
        frame.enter(state);
        while (state.advance()) {
            render.budget.steps(body.steps());
            frame.clear();
            target.assign(render, state.current());
            if (body.execute(render) == Flow.BREAK) {
                break;
            }
        }
        render.pop(frame);
        return state.index() != 0;
    }

    /// `loop(items)`: runs this loop again, one level deeper, and returns what it prints.
    String recurse(Render render, Object values) throws JinjaRenderException {
        render.enter(height());
        StringJoiner outer = render.beginCapture();
        boolean _ = iterate(render, values);
        String text = render.endCapture(outer);
        render.leave(height());
        return text;
    }

    @Override
    void track(NameTracker names) {
        names.push();
        names.assign(Names.LOOP);
        items.track(names);
        target.track(names);
        if (filter != null) {
            filter.track(names);
        }
        body.track(names);
        names.pop();
        otherwise.trackScoped(names);
    }
}
