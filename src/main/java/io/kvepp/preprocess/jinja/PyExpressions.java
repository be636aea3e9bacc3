package io.kvepp.preprocess.jinja;

import java.util.Arrays;
import java.util.List;

/// The expressions that only jinja2 has.
final class PyExpressions {
    private PyExpressions() {}

    /// `(a, b)`.
    static final class TupleOf extends Expr {
        private final Expr[] items;

        TupleOf(List<Expr> items) {
            Expr[] all = items.toArray(Expr[]::new);
            super(height(all));
            this.items = all;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            render.budget.items(items.length);
            Object[] values = new Object[items.length];
            for (int i = 0; i < items.length; i++) {
                values[i] = items[i].eval(render);
            }
            return new PyTuple(Arrays.asList(values));
        }

        @Override
        void track(NameTracker names) {
            track(names, items);
        }
    }

    /// `+a`.
    static final class Positive extends Expr {
        private final Expr operand;

        Positive(Expr operand) {
            super(operand.height());
            this.operand = operand;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return PyNumbers.positive(operand.eval(render));
        }

        @Override
        void track(NameTracker names) {
            operand.track(names);
        }
    }
}
