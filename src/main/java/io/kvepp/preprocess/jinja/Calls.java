package io.kvepp.preprocess.jinja;

import org.jspecify.annotations.Nullable;

/// Calls of functions, methods, filters and tests.
final class Calls {
    private Calls() {}

    /// An expression that a `call` block or `do` statement may call.
    sealed interface Call permits NamedCall, MethodCall, ValueCall {
        /// Calls with an additional keyword argument `caller`, unless that is `null`.
        Object call(Render render, @Nullable Object caller) throws JinjaRenderException;
    }

    /// `name(...)`.
    static final class NamedCall extends Expr implements Call {
        private final Literals.Variable callee;
        private final CallArguments arguments;

        NamedCall(Literals.Variable callee, CallArguments arguments) {
            super(arguments.height());
            this.callee = callee;
            this.arguments = arguments;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return call(render, null);
        }

        @Override
        public Object call(Render render, @Nullable Object caller) throws JinjaRenderException {
            Object[] values = arguments.eval(render, null, caller);
            Object function = render.lookup(callee.name());
            if (function == null) {
                throw new JinjaRenderException("function " + callee.text() + " is unknown");
            }
            return render.dialect.call(render, function, values);
        }

        @Override
        void track(NameTracker names) {
            callee.track(names);
            arguments.track(names);
        }
    }

    /// `owner.name(...)`.
    static final class MethodCall extends Expr implements Call {
        private final Expr owner;
        private final String name;
        private final CallArguments arguments;

        MethodCall(Access.Attribute target, CallArguments arguments) {
            super(Math.max(target.height(), arguments.height()));
            this.owner = target.owner();
            this.name = target.name();
            this.arguments = arguments;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return call(render, null);
        }

        @Override
        public Object call(Render render, @Nullable Object caller) throws JinjaRenderException {
            return render.dialect.callMethod(render, name, arguments.eval(render, owner.eval(render), caller));
        }

        @Override
        void track(NameTracker names) {
            owner.track(names);
            arguments.track(names);
        }
    }

    /// `(expression)(...)`.
    static final class ValueCall extends Expr implements Call {
        private final Expr callee;
        private final CallArguments arguments;

        ValueCall(Expr callee, CallArguments arguments) {
            super(Math.max(callee.height(), arguments.height()));
            this.callee = callee;
            this.arguments = arguments;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return call(render, null);
        }

        @Override
        public Object call(Render render, @Nullable Object caller) throws JinjaRenderException {
            Object function = callee.eval(render);
            return render.dialect.call(render, function, arguments.eval(render, null, caller));
        }

        @Override
        void track(NameTracker names) {
            callee.track(names);
            arguments.track(names);
        }
    }

    /// One `name(...)` of a filter chain.
    record Filter(String name, @Nullable Callable builtin, CallArguments arguments) {
        Object apply(Render render, Object value) throws JinjaRenderException {
            if (builtin == null) {
                throw new JinjaRenderException("filter " + name + " is unknown");
            }
            return builtin.call(render, arguments.eval(render, value, null));
        }
    }

    /// `operand|filter`.
    static final class Filtered extends Expr {
        private final Expr operand;
        private final Filter filter;

        Filtered(Expr operand, Filter filter) {
            super(Math.max(operand.height(), filter.arguments().height()));
            this.operand = operand;
            this.filter = filter;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return filter.apply(render, operand.eval(render));
        }

        @Override
        void track(NameTracker names) {
            operand.track(names);
            filter.arguments().track(names);
        }
    }

    /// `operand is test`.
    static final class Tested extends Expr {
        private final Expr operand;
        private final String name;
        private final @Nullable Callable test;
        private final CallArguments arguments;

        Tested(Expr operand, String name, @Nullable Callable test, CallArguments arguments) {
            super(Math.max(operand.height(), arguments.height()));
            this.operand = operand;
            this.name = name;
            this.test = test;
            this.arguments = arguments;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            Object value = operand.eval(render);
            if (test == null) {
                throw new JinjaRenderException("test " + name + " is unknown");
            }
            return render.dialect.truth(test.call(render, arguments.eval(render, value, null)));
        }

        @Override
        void track(NameTracker names) {
            operand.track(names);
            arguments.track(names);
        }
    }
}
