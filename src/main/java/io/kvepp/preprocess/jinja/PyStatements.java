package io.kvepp.preprocess.jinja;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The statements that jinja2 gives a scope of their own, and its macros.
final class PyStatements {
    private PyStatements() {}

    /// `{% with %}`: its values do not see its names.
    static final class With extends Stmt {
        private final Statements.Binding[] bindings;
        private final Body body;

        With(int line, List<Statements.Binding> bindings, Body body) {
            int height = body.height();
            for (Statements.Binding binding : bindings) {
                height = Math.max(height, binding.value().height());
            }
            super(line, height, body.nodes() + bindings.size());
            this.bindings = bindings.toArray(Statements.Binding[]::new);
            this.body = body;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            Object[] values = new Object[bindings.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = bindings[i].value().eval(render);
            }
            Frame frame = render.push();
            for (int i = 0; i < values.length; i++) {
                bindings[i].target().assign(render, values[i]);
            }
            Flow flow = body.execute(render);
            render.pop(frame);
            return flow;
        }

        @Override
        void track(NameTracker names) {
            for (Statements.Binding binding : bindings) {
                binding.value().track(names);
            }
            body.track(names);
        }
    }

    /// Runs a body in a scope of its own; returns what it prints.
    private static Render.Captured capture(Render render, Body body) throws JinjaRenderException {
        Frame frame = render.push();
        Render.Captured captured = render.captureIn(body);
        render.pop(frame);
        return captured;
    }

    private static Object filtered(Render render, List<Calls.Filter> filters, String text) throws JinjaRenderException {
        Object value = text;
        for (Calls.Filter filter : filters) {
            value = filter.apply(render, value);
        }
        return value;
    }

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
            Render.Captured captured = capture(render, body);
            if (captured.flow() == Flow.NEXT) {
                target.assign(render, filtered(render, filters, captured.text()));
            }
            return captured.flow();
        }

        @Override
        void track(NameTracker names) {
            body.track(names);
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
            Render.Captured captured = capture(render, body);
            if (captured.flow() == Flow.NEXT) {
                render.emitValue(filtered(render, filters, captured.text()));
            }
            return captured.flow();
        }

        @Override
        void track(NameTracker names) {
            body.track(names);
        }
    }

    /// A macro as the template declares it. It takes a caller, further arguments or further
    /// keywords when its body mentions `caller`, `varargs` or `kwargs`.
    ///
    /// Immutable, thread-safe.
    static final class Definition {
        private final @Nullable String name;
        private final List<Macros.Parameter> parameters;
        private final Body body;
        private final Special special;
        private final boolean takesCaller;
        private final boolean takesKeywords;
        private final boolean takesRest;
        private final int height;

        Definition(@Nullable String name, List<Macros.Parameter> parameters, Body body, Special special) {
            this.name = name;
            this.parameters = List.copyOf(parameters);
            this.body = body;
            this.special = special;
            NameTracker tracker = new NameTracker();
            body.track(tracker);
            Set<Integer> used = new HashSet<>(tracker.free());
            int highest = body.height();
            for (Macros.Parameter parameter : parameters) {
                used.remove(parameter.name());
                Expr standIn = parameter.standIn();
                highest = Math.max(highest, standIn == null ? 0 : standIn.height());
            }
            this.takesCaller = used.contains(Names.CALLER);
            this.takesKeywords = used.contains(special.keywords());
            this.takesRest = used.contains(special.rest());
            this.height = highest + 1;
        }

        @Nullable
        String name() {
            return name;
        }

        List<Macros.Parameter> parameters() {
            return parameters;
        }

        boolean takesCaller() {
            return takesCaller;
        }

        boolean takesKeywords() {
            return takesKeywords;
        }

        boolean takesRest() {
            return takesRest;
        }

        int height() {
            return height;
        }

        /// Runs the body in a scope inside `around`; a default sees the arguments before it.
        String run(Render render, Frame around, PyMacro.Given given) throws JinjaRenderException {
            render.enter(height);
            Frame outer = render.enter(Frame.inside(around));
            if (given.caller() != null) {
                render.store(Names.CALLER, given.caller());
            }
            if (takesKeywords) {
                render.store(special.keywords(), given.keywords());
            }
            if (takesRest) {
                render.store(special.rest(), given.rest());
            }
            for (int i = 0; i < parameters.size(); i++) {
                Object value = given.bound()[i];
                render.store(parameters.get(i).name(), value == null ? Undefined.INSTANCE : value);
            }
            for (int i = 0; i < parameters.size(); i++) {
                Expr standIn = parameters.get(i).standIn();
                if (given.bound()[i] == null && standIn != null) {
                    render.store(parameters.get(i).name(), standIn.eval(render));
                }
            }
            String text = render.captureIn(body).text();
            Frame _ = render.enter(outer);
            render.leave(height);
            return text;
        }
    }

    /// The numbers of the names `kwargs` and `varargs`.
    record Special(int keywords, int rest) {}

    static final class Declare extends Stmt {
        private final int name;
        private final Definition definition;

        Declare(int line, int name, Definition definition) {
            super(line, definition.height(), 1);
            this.name = name;
            this.definition = definition;
        }

        @Override
        Flow execute(Render render) {
            render.store(name, new PyMacro(definition, render.top()));
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {
            definition.body.track(names);
        }
    }

    /// `{% call(x) f() %}...{% endcall %}`: the body is the macro `caller` of the call.
    static final class CallBlock extends Stmt {
        private final Expr expr;
        private final Calls.Call call;
        private final Definition caller;

        /// `expr` and `call` are the same object.
        CallBlock(int line, Expr expr, Calls.Call call, Definition caller) {
            super(line, Math.max(expr.height(), caller.height()), expr.height());
            this.expr = expr;
            this.call = call;
            this.caller = caller;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            render.emitValue(call.call(render, new PyMacro(caller, render.top())));
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {
            expr.track(names);
            caller.body.track(names);
        }
    }

    /// Hides what the scope has yet to set.
    static final class Shadow extends Stmt {
        private final PyScope scope;

        Shadow(int line, PyScope scope) {
            super(line, 0, 0);
            this.scope = scope;
        }

        @Override
        Flow execute(Render render) {
            for (int name : scope.shadowed()) {
                render.store(name, Undefined.INSTANCE);
            }
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {}
    }

    /// `{% generation %}`: a scope of its own, like a call block.
    static final class Generation extends Stmt {
        private final Body body;

        Generation(int line, Body body) {
            super(line, body.height(), body.nodes());
            this.body = body;
        }

        @Override
        Flow execute(Render render) throws JinjaRenderException {
            Render.Captured captured = capture(render, body);
            render.emit(captured.text());
            return captured.flow();
        }

        @Override
        void track(NameTracker names) {
            body.track(names);
        }
    }
}
