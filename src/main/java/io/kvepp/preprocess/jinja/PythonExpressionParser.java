package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;

/// Parses expressions as jinja2 does where that differs: tuples, signs that bind looser than
/// attributes, and filters that must exist where they are certain to be reached.
///
/// Confined to one compilation.
final class PythonExpressionParser extends ExpressionParser {
    private final List<JinjaSyntaxException> unknown = new ArrayList<>();
    private PyScope scope = new PyScope(null);
    private int conditional;

    PythonExpressionParser(TokenStream tokens, Names names, Dialect dialect) {
        super(tokens, names, dialect);
    }

    /// The scope in which names are mentioned now.
    PyScope scope() {
        return scope;
    }

    /// Goes to another scope; returns the one to go back to.
    PyScope go(PyScope other) {
        PyScope left = scope;
        scope = other;
        return left;
    }

    @Override
    Expr variable(int number, String name) {
        scope.load(number);
        return super.variable(number, name);
    }

    /// Enters what may not run: there an unknown filter or test is no error yet.
    void enterConditional() {
        conditional++;
    }

    void leaveConditional() {
        conditional--;
    }

    /// Enters a scope of its own, in which everything counts as certain to run; returns what
    /// [#leaveScope] takes.
    int enterScope() {
        int outer = conditional;
        conditional = 0;
        return outer;
    }

    void leaveScope(int outer) {
        conditional = outer;
    }

    /// Refuses a template with an unknown filter or test that is certain to be reached.
    void checkKnown() throws JinjaSyntaxException {
        if (!unknown.isEmpty()) {
            throw unknown.getFirst();
        }
    }

    /// An expression, or several with commas between them, which are a tuple.
    Expr tuple(boolean ternary) throws JinjaSyntaxException {
        Expr first = ternary ? expression() : withoutTernary();
        if (!tokens.isAtOperator(",")) {
            return first;
        }
        List<Expr> items = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",") && !isTupleEnd()) {
            items.add(ternary ? expression() : withoutTernary());
        }
        return checked(new PyExpressions.TupleOf(items));
    }

    private boolean isTupleEnd() {
        return tokens.isAt(Token.Type.VARIABLE_END) || tokens.isAt(Token.Type.BLOCK_END) || tokens.isAtOperator(")");
    }

    @Override
    Expr expression() throws JinjaSyntaxException {
        enter();
        int known = unknown.size();
        Expr expr = withoutTernary();
        while (tokens.skipName("if")) {
            // Now it shows that this part may not run either.
            unknown.subList(known, unknown.size()).clear();
            enterConditional();
            Expr condition = withoutTernary();
            Expr otherwise = tokens.skipName("else") ? expression() : new Literals.Constant(Undefined.INSTANCE);
            expr = checked(new Operators.Conditional(condition, expr, otherwise));
            leaveConditional();
        }
        leave();
        return expr;
    }

    @Override
    Expr not() throws JinjaSyntaxException {
        if (!tokens.isAtName("not")) {
            return comparison();
        }
        enter();
        Token _ = tokens.next();
        Expr negated = checked(new Operators.Not(not()));
        leave();
        return negated;
    }

    @Override
    Expr foldedAnd(List<Expr> operands) {
        return new Operators.And(operands);
    }

    @Override
    Expr unary() throws JinjaSyntaxException {
        return filtersAndTests(signed());
    }

    private static Expr negated(Expr operand) {
        return operand instanceof Literals.Constant constant && constant.value() instanceof Long number && number >= 0
                ? new Literals.Constant(-number)
                : new Operators.Negate(operand);
    }

    private Expr signed() throws JinjaSyntaxException {
        if (tokens.isAtOperator("-") || tokens.isAtOperator("+")) {
            enter();
            boolean minus = tokens.next().isOperator("-");
            Expr operand = signed();
            Expr expr = postfix(checked(minus ? negated(operand) : new PyExpressions.Positive(operand)));
            leave();
            return expr;
        }
        return postfix(primary());
    }

    @Override
    Expr filtersAndTests(Expr start) throws JinjaSyntaxException {
        Expr expr = super.filtersAndTests(start);
        while (tokens.isAtOperator("(")) {
            expr = super.filtersAndTests(postfix(expr));
        }
        return expr;
    }

    @Override
    Calls.Filter filter() throws JinjaSyntaxException {
        Calls.Filter filter = super.filter();
        if (filter.builtin() == null && conditional == 0) {
            unknown.add(tokens.error("filter " + filter.name() + " is unknown"));
        }
        return filter;
    }

    @Override
    Expr tested(Expr operand, String name) throws JinjaSyntaxException {
        if (dialect.test(name) == null && conditional == 0) {
            unknown.add(tokens.error("test " + name + " is unknown"));
        }
        return super.tested(operand, name);
    }

    @Override
    CallArguments testArguments() throws JinjaSyntaxException {
        if (tokens.isAtOperator("(")) {
            return arguments();
        }
        Token token = tokens.current();
        boolean argument = switch (token.type()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !token.isName("and") && !token.isName("or") && !token.isName("else");
            case OPERATOR -> token.isOperator("[") || token.isOperator("{");
            case TEXT, VARIABLE_START, VARIABLE_END, BLOCK_START, BLOCK_END, END -> false;
        };
        if (!argument) {
            return CallArguments.NONE;
        }
        if (token.isName("is")) {
            throw tokens.error("several tests in a row (expected: one test)");
        }
        return new CallArguments(List.of(new CallArguments.Positional(postfix(primary()), false)), List.of());
    }

    /// Each evaluation makes a list of its own.
    @Override
    Expr list(String close, List<Expr> items) throws JinjaSyntaxException {
        while (!tokens.skipOperator(close)) {
            if (!items.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(close)) {
                    break;
                }
            }
            items.add(expression());
        }
        return checked(new Literals.ListOf(items));
    }

    @Override
    Expr parenthesized() throws JinjaSyntaxException {
        if (tokens.skipOperator(")")) {
            return new PyExpressions.TupleOf(List.of());
        }
        Expr inner = tuple(true);
        tokens.expectOperator(")");
        return inner;
    }
}
