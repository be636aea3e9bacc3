package io.kvepp.preprocess.jinja;

import java.util.Arrays;
import java.util.List;

/// Arithmetic, comparison and boolean operators.
final class Operators {
    private Operators() {}

    /// The operators that take exactly two operands.
    enum BinaryOp {
        SUBTRACT,
        MULTIPLY,
        DIVIDE,
        FLOOR_DIVIDE,
        REMAINDER,
        POWER
    }

    enum CompareOp {
        EQ,
        NE,
        LT,
        LE,
        GT,
        GE,
        IN,
        NOT_IN;

        boolean test(Budget budget, Object left, Object right) throws JinjaRenderException {
            return switch (this) {
                case EQ -> Comparison.equal(budget, left, right);
                case NE -> !Comparison.equal(budget, left, right);
                case LT -> Comparison.compare(budget, left, right) < 0;
                case LE -> Comparison.compare(budget, left, right) <= 0;
                case GT -> Comparison.compare(budget, left, right) > 0;
                case GE -> Comparison.compare(budget, left, right) >= 0;
                case IN -> Comparison.contains(budget, right, left);
                case NOT_IN -> !Comparison.contains(budget, right, left);
            };
        }
    }

    /// `a + b + c`, evaluated left to right. Printing a sum of strings copies none of them.
    static final class Sum extends Expr {
        private final Expr[] terms;

        Sum(List<Expr> terms) {
            Expr[] all = terms.toArray(Expr[]::new);
            super(height(all));
            this.terms = all;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            Object[] values = new Object[terms.length];
            if (evalAll(render, terms, values)) {
                return join(render, values);
            }
            return fold(render, values);
        }

        @Override
        void emit(Render render) throws JinjaRenderException {
            Object[] values = new Object[terms.length];
            if (evalAll(render, terms, values)) {
                for (Object value : values) {
                    render.emit((String) value);
                }
            } else {
                render.emitValue(fold(render, values));
            }
        }

        private static Object fold(Render render, Object[] values) throws JinjaRenderException {
            Object sum = values[0];
            for (int i = 1; i < values.length; i++) {
                sum = render.dialect.add(render.budget, sum, values[i]);
            }
            return sum;
        }

        /// Returns whether all values are strings.
        private static boolean evalAll(Render render, Expr[] terms, Object[] values) throws JinjaRenderException {
            boolean strings = true;
            for (int i = 0; i < terms.length; i++) {
                values[i] = terms[i].eval(render);
                strings &= values[i] instanceof String;
            }
            return strings;
        }

        @Override
        void track(NameTracker names) {
            track(names, terms);
        }
    }

    /// `a ~ b ~ c`: the texts of all of them.
    static final class Concat extends Expr {
        private final Expr[] parts;

        Concat(List<Expr> parts) {
            Expr[] all = parts.toArray(Expr[]::new);
            super(height(all));
            this.parts = all;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return join(render, texts(render));
        }

        @Override
        void emit(Render render) throws JinjaRenderException {
            for (Object text : texts(render)) {
                render.emit((String) text);
            }
        }

        private Object[] texts(Render render) throws JinjaRenderException {
            Object[] texts = new Object[parts.length];
            for (int i = 0; i < parts.length; i++) {
                texts[i] = render.dialect.text(render.budget, parts[i].eval(render));
            }
            return texts;
        }

        @Override
        void track(NameTracker names) {
            track(names, parts);
        }
    }

    private static String join(Render render, Object[] strings) throws JinjaRenderException {
        long chars = 0;
        for (Object text : strings) {
            chars += ((String) text).length();
        }
        render.budget.build(chars);
        return String.join("", Arrays.copyOf(strings, strings.length, String[].class));
    }

    static final class Binary extends Expr {
        private final BinaryOp op;
        private final Expr left;
        private final Expr right;

        Binary(BinaryOp op, Expr left, Expr right) {
            super(height(left, right));
            this.op = op;
            this.left = left;
            this.right = right;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return render.dialect.binary(render, op, left.eval(render), right.eval(render));
        }

        @Override
        void track(NameTracker names) {
            track(names, left, right);
        }
    }

    /// `a < b <= c`: true when every neighbouring pair compares so.
    static final class Comparisons extends Expr {
        private final Expr[] operands;
        private final CompareOp[] ops;

        Comparisons(List<Expr> operands, List<CompareOp> ops) {
            Expr[] all = operands.toArray(Expr[]::new);
            super(height(all));
            this.operands = all;
            this.ops = ops.toArray(CompareOp[]::new);
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            Object left = operands[0].eval(render);
            for (int i = 0; i < ops.length; i++) {
                Object right = operands[i + 1].eval(render);
                if (!render.dialect.compare(render, ops[i], left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }

        @Override
        void track(NameTracker names) {
            track(names, operands);
        }
    }

    static final class And extends Expr {
        private final Expr[] operands;

        And(List<Expr> operands) {
            Expr[] all = operands.toArray(Expr[]::new);
            super(height(all));
            this.operands = all;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            Object value = operands[0].eval(render);
            for (int i = 1; i < operands.length && render.dialect.truth(value); i++) {
                value = operands[i].eval(render);
            }
            return value;
        }

        @Override
        void track(NameTracker names) {
            track(names, operands);
        }
    }

    static final class Or extends Expr {
        private final Expr[] operands;

        Or(List<Expr> operands) {
            Expr[] all = operands.toArray(Expr[]::new);
            super(height(all));
            this.operands = all;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            Object value = operands[0].eval(render);
            for (int i = 1; i < operands.length && !render.dialect.truth(value); i++) {
                value = operands[i].eval(render);
            }
            return value;
        }

        @Override
        void track(NameTracker names) {
            track(names, operands);
        }
    }

    static final class Not extends Expr {
        private final Expr operand;

        Not(Expr operand) {
            super(operand.height());
            this.operand = operand;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return !render.dialect.truth(operand.eval(render));
        }

        @Override
        void track(NameTracker names) {
            operand.track(names);
        }
    }

    static final class Negate extends Expr {
        private final Expr operand;

        Negate(Expr operand) {
            super(operand.height());
            this.operand = operand;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return render.dialect.negate(operand.eval(render));
        }

        @Override
        void track(NameTracker names) {
            operand.track(names);
        }
    }

    /// `whenTrue if condition else whenFalse`.
    static final class Conditional extends Expr {
        private final Expr condition;
        private final Expr whenTrue;
        private final Expr whenFalse;

        Conditional(Expr condition, Expr whenTrue, Expr whenFalse) {
            super(height(condition, whenTrue, whenFalse));
            this.condition = condition;
            this.whenTrue = whenTrue;
            this.whenFalse = whenFalse;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return chosen(render).eval(render);
        }

        @Override
        void emit(Render render) throws JinjaRenderException {
            chosen(render).emit(render);
        }

        private Expr chosen(Render render) throws JinjaRenderException {
            return render.dialect.truth(condition.eval(render)) ? whenTrue : whenFalse;
        }

        @Override
        void track(NameTracker names) {
            track(names, condition, whenTrue, whenFalse);
        }
    }
}
