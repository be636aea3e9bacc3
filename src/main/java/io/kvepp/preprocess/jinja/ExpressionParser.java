package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Parses expressions, loosest binding first: ternary, `or`, `and`, `not`, comparison, `+ -`, `~`,
/// `* / // %`, `**`, unary minus, then attributes, calls, filters and tests.
///
/// Confined to one compilation.
class ExpressionParser {
    private static final int NESTING_MAX = 150;
    private static final int HEIGHT_MAX = 250;
    private static final int ARGUMENTS_MAX = 2000;

    final TokenStream tokens;
    final Dialect dialect;
    private final Names names;
    private int nesting;

    ExpressionParser(TokenStream tokens, Names names, Dialect dialect) {
        this.tokens = tokens;
        this.names = names;
        this.dialect = dialect;
    }

    /// Enters one more level of statements or expressions.
    void enter() throws JinjaSyntaxException {
        if (++nesting > NESTING_MAX) {
            throw tokens.error("template: nested too deeply (expected: at most " + NESTING_MAX + " levels)");
        }
    }

    void leave() {
        nesting--;
    }

    Expr expression() throws JinjaSyntaxException {
        enter();
        Expr expr = withoutTernary();
        while (tokens.skipName("if")) {
            Expr condition = withoutTernary();
            Expr otherwise = tokens.skipName("else") ? expression() : new Literals.Constant(Undefined.INSTANCE);
            expr = checked(new Operators.Conditional(condition, expr, otherwise));
        }
        leave();
        return expr;
    }

    /// An expression that stops before `if`.
    Expr withoutTernary() throws JinjaSyntaxException {
        Expr first = and();
        if (!tokens.isAtName("or")) {
            return first;
        }
        List<Expr> operands = new ArrayList<>(List.of(first));
        while (tokens.skipName("or")) {
            operands.add(and());
        }
        return checked(new Operators.Or(operands));
    }

    Expr and() throws JinjaSyntaxException {
        Expr first = not();
        if (!tokens.isAtName("and")) {
            return first;
        }
        List<Expr> operands = new ArrayList<>(List.of(first));
        while (tokens.skipName("and")) {
            operands.add(not());
        }
        return checked(foldedAnd(operands));
    }

    /// Between two constants, `and` is false rather than the false operand.
    Expr foldedAnd(List<Expr> operands) {
        if (operands.size() == 2
                && operands.get(0) instanceof Literals.Constant left
                && operands.get(1) instanceof Literals.Constant right) {
            boolean both = Values.truth(left.value()) && Values.truth(right.value());
            return both ? right : new Literals.Constant(false);
        }
        return new Operators.And(operands);
    }

    Expr not() throws JinjaSyntaxException {
        int negations = 0;
        while (tokens.skipName("not")) {
            negations++;
        }
        Expr expr = comparison();
        if (negations > 1) {
            expr = new Operators.Not(expr);
            negations--;
            expr = negations % 2 == 0 ? expr : new Operators.Not(expr);
            return checked(expr);
        }
        return negations == 0 ? expr : checked(new Operators.Not(expr));
    }

    Expr comparison() throws JinjaSyntaxException {
        Expr first = additive();
        List<Expr> operands = null;
        List<Operators.CompareOp> ops = new ArrayList<>();
        while (true) {
            Operators.CompareOp op = compareOp();
            if (op == null) {
                return operands == null ? first : checked(new Operators.Comparisons(operands, ops));
            }
            if (operands == null) {
                operands = new ArrayList<>(List.of(first));
            }
            ops.add(op);
            operands.add(additive());
        }
    }

    private Operators.@Nullable CompareOp compareOp() throws JinjaSyntaxException {
        Token token = tokens.current();
        Operators.CompareOp op = null;
        if (token.type() == Token.Type.OPERATOR) {
            op = switch (token.text()) {
                case "==" -> Operators.CompareOp.EQ;
                case "!=" -> Operators.CompareOp.NE;
                case "<" -> Operators.CompareOp.LT;
                case "<=" -> Operators.CompareOp.LE;
                case ">" -> Operators.CompareOp.GT;
                case ">=" -> Operators.CompareOp.GE;
                default -> null;
            };
        } else if (token.isName("in")) {
            op = Operators.CompareOp.IN;
        } else if (token.isName("not")) {
            Token _ = tokens.next();
            tokens.expectName("in");
            return Operators.CompareOp.NOT_IN;
        }
        if (op != null) {
            Token _ = tokens.next();
        }
        return op;
    }

    private Expr additive() throws JinjaSyntaxException {
        Expr left = concatenation();
        while (tokens.isAtOperator("+") || tokens.isAtOperator("-")) {
            if (tokens.skipOperator("-")) {
                left = checked(new Operators.Binary(Operators.BinaryOp.SUBTRACT, left, concatenation()));
            } else {
                List<Expr> terms = new ArrayList<>(List.of(left));
                while (tokens.skipOperator("+")) {
                    terms.add(concatenation());
                }
                left = checked(new Operators.Sum(terms));
            }
        }
        return left;
    }

    private Expr concatenation() throws JinjaSyntaxException {
        Expr first = multiplicative();
        if (!tokens.isAtOperator("~")) {
            return first;
        }
        List<Expr> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(multiplicative());
        }
        return checked(new Operators.Concat(parts));
    }

    private Expr multiplicative() throws JinjaSyntaxException {
        Expr left = power();
        while (true) {
            Operators.BinaryOp op;
            if (tokens.skipOperator("*")) {
                op = Operators.BinaryOp.MULTIPLY;
            } else if (tokens.skipOperator("/")) {
                op = Operators.BinaryOp.DIVIDE;
            } else if (tokens.skipOperator("//")) {
                op = Operators.BinaryOp.FLOOR_DIVIDE;
            } else if (tokens.skipOperator("%")) {
                op = Operators.BinaryOp.REMAINDER;
            } else {
                return left;
            }
            left = checked(new Operators.Binary(op, left, power()));
        }
    }

    private Expr power() throws JinjaSyntaxException {
        Expr left = unary();
        while (tokens.skipOperator("**")) {
            left = checked(new Operators.Binary(Operators.BinaryOp.POWER, left, unary()));
        }
        return left;
    }

    Expr unary() throws JinjaSyntaxException {
        return filtersAndTests(postfix(negation()));
    }

    Expr negation() throws JinjaSyntaxException {
        int minuses = 0;
        while (tokens.skipOperator("-")) {
            minuses++;
        }
        Expr expr = primary();
        for (int i = 0; i < minuses; i++) {
            expr = checked(foldedNegation(expr));
        }
        return expr;
    }

    private static Expr foldedNegation(Expr expr) {
        if (expr instanceof Literals.Constant constant) {
            try {
                return new Literals.Constant(Arithmetic.negate(constant.value()));
            } catch (JinjaRenderException notNumeric) {
                return new Operators.Negate(expr);
            }
        }
        return new Operators.Negate(expr);
    }

    Expr postfix(Expr start) throws JinjaSyntaxException {
        Expr expr = start;
        while (true) {
            if (tokens.skipOperator(".")) {
                expr = member(expr);
            } else if (tokens.skipOperator("[")) {
                expr = subscript(expr);
            } else if (tokens.isAtOperator("(")) {
                expr = call(expr, arguments());
            } else {
                return expr;
            }
            checked(expr);
        }
    }

    private Expr member(Expr owner) throws JinjaSyntaxException {
        Token token = tokens.current();
        return switch (token.type()) {
            case NAME -> new Access.Attribute(owner, tokens.next().text());
            case INTEGER ->
                new Access.Item(owner, new Literals.Constant(tokens.next().value()));
            case TEXT, VARIABLE_START, VARIABLE_END, BLOCK_START, BLOCK_END, STRING, FLOAT, OPERATOR, END ->
                throw tokens.unexpected("identifier or integer");
        };
    }

    static Expr call(Expr callee, CallArguments arguments) {
        return switch (callee) {
            case Literals.Variable variable -> new Calls.NamedCall(variable, arguments);
            case Access.Attribute attribute -> new Calls.MethodCall(attribute, arguments);
            default -> new Calls.ValueCall(callee, arguments);
        };
    }

    private Expr subscript(Expr owner) throws JinjaSyntaxException {
        Expr none = new Literals.Constant(None.INSTANCE);
        Expr start = none;
        boolean empty = tokens.isAtOperator(":");
        if (!empty) {
            start = expression();
        }
        if (!tokens.skipOperator(":")) {
            tokens.expectOperator("]");
            return new Access.Item(owner, start);
        }
        Expr stop = none;
        Expr step = none;
        if (!tokens.isAtOperator("]") && !tokens.isAtOperator(":")) {
            stop = expression();
        }
        if (tokens.skipOperator(":") && !tokens.isAtOperator("]")) {
            step = expression();
        }
        tokens.expectOperator("]");
        return new Access.Slice(owner, start, stop, step);
    }

    Expr filtersAndTests(Expr start) throws JinjaSyntaxException {
        Expr expr = start;
        while (true) {
            if (tokens.skipOperator("|")) {
                expr = checked(new Calls.Filtered(expr, filter()));
            } else if (tokens.skipName("is")) {
                boolean negated = tokens.skipName("not");
                String name = dottedName();
                expr = checked(tested(expr, name));
                expr = negated ? checked(new Operators.Not(expr)) : expr;
            } else {
                return expr;
            }
        }
    }

    /// A test by name and its arguments, which come next.
    Expr tested(Expr operand, String name) throws JinjaSyntaxException {
        return new Calls.Tested(operand, name, dialect.test(name), testArguments());
    }

    /// `name` or `name(arguments)`, after the `|`.
    Calls.Filter filter() throws JinjaSyntaxException {
        String name = dottedName();
        return new Calls.Filter(
                name, dialect.filter(name), tokens.isAtOperator("(") ? arguments() : CallArguments.NONE);
    }

    String dottedName() throws JinjaSyntaxException {
        String name = tokens.expect(Token.Type.NAME, "identifier").text();
        while (tokens.skipOperator(".")) {
            name += "." + tokens.expect(Token.Type.NAME, "identifier").text();
        }
        return name;
    }

    CallArguments testArguments() throws JinjaSyntaxException {
        if (tokens.isAtOperator("(")) {
            return arguments();
        }
        Token token = tokens.current();
        boolean argument = switch (token.type()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !token.isName("and") && !token.isName("or") && !token.isName("else") && !token.isName("is");
            case OPERATOR ->
                switch (token.text()) {
                    case "+", "-", "[", "{" -> true;
                    default -> false;
                };
            case TEXT, VARIABLE_START, VARIABLE_END, BLOCK_START, BLOCK_END, END -> false;
        };
        if (!argument) {
            return CallArguments.NONE;
        }
        return new CallArguments(List.of(new CallArguments.Positional(postfix(negation()), false)), List.of());
    }

    CallArguments arguments() throws JinjaSyntaxException {
        List<CallArguments.Positional> positional = new ArrayList<>();
        List<CallArguments.Named> named = new ArrayList<>();
        tokens.expectOperator("(");
        while (!tokens.skipOperator(")")) {
            if (!positional.isEmpty() || !named.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(")")) {
                    break;
                }
            }
            if (tokens.skipOperator("**")) {
                named.add(new CallArguments.Named(null, expression()));
            } else if (tokens.skipOperator("*")) {
                positional.add(new CallArguments.Positional(expression(), true));
            } else {
                argument(positional, named);
            }
            if (positional.size() + named.size() > ARGUMENTS_MAX) {
                throw tokens.error("call: too many arguments (expected: at most " + ARGUMENTS_MAX + ")");
            }
        }
        return new CallArguments(positional, named);
    }

    private void argument(List<CallArguments.Positional> positional, List<CallArguments.Named> named)
            throws JinjaSyntaxException {
        Expr value = expression();
        if (value instanceof Literals.Variable variable && tokens.skipOperator("=")) {
            named.add(new CallArguments.Named(variable.text(), expression()));
        } else if (!named.isEmpty()) {
            throw tokens.error("non-keyword arg after keyword arg");
        } else {
            positional.add(new CallArguments.Positional(value, false));
        }
    }

    Expr primary() throws JinjaSyntaxException {
        enter();
        Expr expr = primaryUnguarded();
        leave();
        return expr;
    }

    private Expr primaryUnguarded() throws JinjaSyntaxException {
        return switch (tokens.current().type()) {
            case NAME -> named(tokens.next().text());
            case INTEGER, FLOAT -> new Literals.Constant(tokens.next().value());
            case STRING -> strings();
            case OPERATOR -> bracketed();
            case TEXT, VARIABLE_START, VARIABLE_END, BLOCK_START, BLOCK_END, END ->
                throw tokens.unexpected("expression");
        };
    }

    private Expr bracketed() throws JinjaSyntaxException {
        if (tokens.skipOperator("(")) {
            return parenthesized();
        }
        if (tokens.skipOperator("[")) {
            return list("]", new ArrayList<>());
        }
        if (tokens.skipOperator("{")) {
            return dict();
        }
        throw tokens.unexpected("expression");
    }

    private Expr named(String name) {
        return switch (name) {
            case "true", "True" -> new Literals.Constant(true);
            case "false", "False" -> new Literals.Constant(false);
            case "none", "None" -> new Literals.Constant(None.INSTANCE);
            default -> variable(names.number(name), name);
        };
    }

    Expr variable(int number, String name) {
        return new Literals.Variable(number, name);
    }

    /// String literals that stand next to each other are one.
    private Expr strings() {
        String first = tokens.next().text();
        if (!tokens.isAt(Token.Type.STRING)) {
            return new Literals.Constant(first);
        }
        StringBuilder all = new StringBuilder(first);
        while (tokens.isAt(Token.Type.STRING)) {
            all.append(tokens.next().text());
        }
        return new Literals.Constant(all.toString());
    }

    Expr parenthesized() throws JinjaSyntaxException {
        if (tokens.skipOperator(")")) {
            return new Literals.Constant(List.of());
        }
        Expr first = expression();
        if (tokens.isAtOperator(",")) {
            return list(")", new ArrayList<>(List.of(first)));
        }
        tokens.expectOperator(")");
        return first;
    }

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
        if (items.stream().allMatch(item -> item instanceof Literals.Constant)) {
            return new Literals.Constant(items.stream()
                    .map(item -> ((Literals.Constant) item).value())
                    .toList());
        }
        return checked(new Literals.ListOf(items));
    }

    private Expr dict() throws JinjaSyntaxException {
        List<Expr> keys = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (!tokens.skipOperator("}")) {
            if (!keys.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator("}")) {
                    break;
                }
            }
            keys.add(expression());
            tokens.expectOperator(":");
            values.add(expression());
        }
        return checked(new Literals.DictOf(keys, values));
    }

    Expr checked(Expr expr) throws JinjaSyntaxException {
        if (expr.height() > HEIGHT_MAX) {
            throw tokens.error("expression: too long (expected: at most " + HEIGHT_MAX + " chained operations)");
        }
        return expr;
    }
}
