package io.kvepp.preprocess.jinja;

/// An expression of a compiled template.
///
/// Immutable, thread-safe.
abstract sealed class Expr
        permits Literals.Constant,
                Literals.ListOf,
                Literals.DictOf,
                Literals.Variable,
                PyExpressions.TupleOf,
                PyExpressions.Positive,
                Operators.Sum,
                Operators.Concat,
                Operators.Binary,
                Operators.Comparisons,
                Operators.And,
                Operators.Or,
                Operators.Not,
                Operators.Negate,
                Operators.Conditional,
                Access.Attribute,
                Access.Item,
                Access.Slice,
                Calls.NamedCall,
                Calls.MethodCall,
                Calls.ValueCall,
                Calls.Filtered,
                Calls.Tested {
    private final int height;

    /// `operandHeight` is the height of the highest operand, 0 for a leaf.
    Expr(int operandHeight) {
        this.height = operandHeight + 1;
    }

    abstract Object eval(Render render) throws JinjaRenderException;

    /// Prints the value; the same as printing what [#eval] returns, with fewer copies.
    void emit(Render render) throws JinjaRenderException {
        render.emitValue(eval(render));
    }

    /// Reports the names it uses.
    abstract void track(NameTracker names);

    /// The number of expressions on the longest way down.
    final int height() {
        return height;
    }

    static int height(Expr... operands) {
        int highest = 0;
        for (Expr operand : operands) {
            highest = Math.max(highest, operand.height());
        }
        return highest;
    }

    static void track(NameTracker names, Expr... operands) {
        for (Expr operand : operands) {
            operand.track(names);
        }
    }
}
