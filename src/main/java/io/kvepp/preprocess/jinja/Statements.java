package io.kvepp.preprocess.jinja;

import java.util.List;

/// The statements without a type of their own.
final class Statements {
    private Statements() {}

    static final class Text extends Stmt {
        private final String text;

        Text(int line, String text) {
            super(line, 0, 0);
            this.text = text;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            render.emit(text);
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {}
    }

    static final class Emit extends Stmt {
        private final Expr value;

        Emit(int line, Expr value) {
            super(line, value.height(), value.height());
            this.value = value;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            value.emit(render);
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {
            value.track(names);
        }
    }

    /// A condition of an `if` and what runs when it is the first that holds.
    record Branch(Expr condition, Body body) {}

    static final class If extends Stmt {
        private final Branch[] branches;
        private final Body otherwise;

        If(int line, List<Branch> branches, Body otherwise) {
            int height = otherwise.height();
            int nodes = otherwise.nodes();
            for (Branch branch : branches) {
                height = Math.max(
                        height,
                        Math.max(branch.condition().height(), branch.body().height()));
                nodes += branch.body().nodes() + branch.condition().height();
            }
            super(line, height, nodes);
            this.branches = branches.toArray(Branch[]::new);
            this.otherwise = otherwise;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            for (Branch branch : branches) {
                if (render.dialect.truth(branch.condition().eval(render))) {
                    return branch.body().execute(render);
                }
            }
            return otherwise.execute(render);
        }

        @Override
        void track(NameTracker names) {
            track(names, 0);
        }

        private void track(NameTracker names, int from) {
            for (int i = from; i < branches.length; i++) {
                branches[i].condition().track(names);
                branches[i].body().trackScoped(names);
                names.push();
            }
            otherwise.track(names);
            for (int i = from; i < branches.length; i++) {
                names.pop();
            }
        }
    }

    /// A name that a `with` block binds.
    record Binding(Target target, Expr value) {}

    static final class With extends Stmt {
        private final Binding[] bindings;
        private final Body body;

        With(int line, List<Binding> bindings, Body body) {
            int height = body.height();
            for (Binding binding : bindings) {
                height = Math.max(height, binding.value().height());
            }
            super(line, height, body.nodes() + bindings.size());
            this.bindings = bindings.toArray(Binding[]::new);
            this.body = body;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            Frame frame = render.push();
            for (Binding binding : bindings) {
                binding.target().assign(render, binding.value().eval(render));
            }
            Flow flow = body.execute(render);
            render.pop(frame);
            return flow;
        }

        @Override
        void track(NameTracker names) {
            names.push();
            for (Binding binding : bindings) {
                binding.target().track(names);
                binding.value().track(names);
            }
            body.track(names);
            names.pop();
        }
    }

    static final class Assign extends Stmt {
        private final Target target;
        private final Expr value;

        Assign(int line, Target target, Expr value) {
            super(line, value.height(), value.height());
            this.target = target;
            this.value = value;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            target.assign(render, value.eval(render));
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {
            target.track(names);
            value.track(names);
        }
    }

    /// `{% set x %}...{% endset %}`, with filters on what the block prints.
    static final class AssignBlock extends Stmt {
        private final Target target;
        private final List<Calls.Filter> filters;
        private final Body body;

        AssignBlock(int line, Target target, List<Calls.Filter> filters, Body body) {
            super(line, body.height(), body.nodes());
            this.target = target;
            this.filters = List.copyOf(filters);
            this.body = body;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            Render.Captured captured = render.captureIn(body);
            if (captured.flow() == Flow.NEXT) {
                target.assign(render, apply(render, filters, captured.text()));
            }
            return captured.flow();
        }

        @Override
        void track(NameTracker names) {
            target.track(names);
            body.trackScoped(names);
        }
    }

    static final class FilterBlock extends Stmt {
        private final List<Calls.Filter> filters;
        private final Body body;

        FilterBlock(int line, List<Calls.Filter> filters, Body body) {
            super(line, body.height(), body.nodes());
            this.filters = List.copyOf(filters);
            this.body = body;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            Render.Captured captured = render.captureIn(body);
            render.emitValue(apply(render, filters, captured.text()));
            return captured.flow();
        }

        @Override
        void track(NameTracker names) {
            body.trackScoped(names);
        }
    }

    private static Object apply(Render render, List<Calls.Filter> filters, String text) throws JinjaRenderException {
        Object value = text;
        for (Calls.Filter filter : filters) {
            value = filter.apply(render, value);
        }
        return value;
    }

    /// Another template, of which there is none: a failure where it is reached.
    static final class Include extends Stmt {
        private final Expr name;

        Include(int line, Expr name) {
            super(line, name.height(), name.height());
            this.name = name;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            throw JinjaRenderException.limit("statement 'include' is not supported")
                    .at(line());
        }

        @Override
        void track(NameTracker names) {
            name.track(names);
        }
    }

    static final class Do extends Stmt {
        private final Expr call;

        Do(int line, Expr call) {
            super(line, call.height(), call.height());
            this.call = call;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            Object _ = call.eval(render);
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {
            call.track(names);
        }
    }

    /// `break` or `continue`.
    static final class Jump extends Stmt {
        private final Flow flow;

        Jump(int line, Flow flow) {
            super(line, 0, 0);
            this.flow = flow;
        }

        @Override
        Flow execute(Render render) {
            return flow;
        }

        @Override
        void track(NameTracker names) {}
    }
}
