package io.kvepp.preprocess.jinja;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Declarations of macros, and calls with a body.
final class Macros {
    private Macros() {}

    /// A parameter of a macro; a default stands in for an undefined argument.
    record Parameter(int name, String text, @Nullable Expr standIn) {}

    /// A macro as the template declares it.
    ///
    /// Immutable, thread-safe.
    static final class Definition {
        private final String name;
        private final List<Parameter> parameters;
        private final List<String> parameterNames;
        private final Body body;
        private final int height;
        private final int[] enclosed;
        private final boolean usesCaller;

        Definition(String name, List<Parameter> parameters, Body body) {
            this.name = name;
            this.parameters = List.copyOf(parameters);
            this.parameterNames = parameters.stream().map(Parameter::text).toList();
            this.body = body;
            int highest = body.height();
            for (Parameter parameter : parameters) {
                highest = Math.max(
                        highest,
                        parameter.standIn() == null ? 0 : parameter.standIn().height());
            }
            this.height = highest + 1;
            NameTracker names = new NameTracker();
            track(names);
            Set<Integer> free = names.free();
            this.usesCaller = free.remove(Names.CALLER);
            this.enclosed = free.stream().mapToInt(Integer::intValue).toArray();
        }

        String name() {
            return name;
        }

        List<String> parameters() {
            return parameterNames;
        }

        Body body() {
            return body;
        }

        int height() {
            return height;
        }

        boolean usesCaller() {
            return usesCaller;
        }

        void track(NameTracker names) {
            for (Parameter parameter : parameters) {
                names.assign(parameter.name());
            }
            for (Parameter parameter : parameters) {
                if (parameter.standIn() != null) {
                    parameter.standIn().track(names);
                }
            }
            body.track(names);
        }

        /// The macro as seen from here. Macros of one frame share what they enclose, and see what
        /// the frame assigns later.
        MacroValue declare(Render render) {
            Frame frame = render.top();
            if (enclosed.length > 0) {
                Scope closure = frame.closureForMacros();
                for (int wanted : enclosed) {
                    if (closure.get(wanted) == null) {
                        Object value = render.lookup(wanted);
                        closure.put(wanted, value == null ? Undefined.INSTANCE : value);
                    }
                }
            }
            return new MacroValue(this, frame.closure());
        }

        /// Binds arguments from the last to the first, so a default sees only those after it.
        void bindArguments(Render render, Object[] values) throws JinjaRenderException {
            for (int i = parameters.size() - 1; i >= 0; i--) {
                Parameter parameter = parameters.get(i);
                Expr standIn = parameter.standIn();
                boolean missing = values[i] == Undefined.INSTANCE && standIn != null;
                render.store(parameter.name(), missing && standIn != null ? standIn.eval(render) : values[i]);
            }
        }
    }

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
            render.store(name, definition.declare(render));
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {
            names.assign(name);
            trackBody(names, definition);
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
            render.emitValue(call.call(render, caller.declare(render)));
            return Flow.NEXT;
        }

        @Override
        void track(NameTracker names) {
            expr.track(names);
            trackBody(names, caller);
        }
    }

    private static void trackBody(NameTracker names, Definition definition) {
        names.push();
        names.assign(Names.CALLER);
        definition.track(names);
        names.pop();
    }
}
