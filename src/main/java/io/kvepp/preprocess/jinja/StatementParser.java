package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Parses the statements of a template.
///
/// Confined to one compilation.
class StatementParser {
    private static final Set<String> RESERVED =
            Set.of("true", "True", "false", "False", "none", "None", "loop", "self");

    static final Body EMPTY = new Body(List.of());

    final TokenStream tokens;
    final Names names;
    final ExpressionParser expressions;
    boolean inLoop;

    StatementParser(List<Token> tokens, Names names, Dialect dialect) {
        this(new TokenStream(tokens), names, dialect);
    }

    private StatementParser(TokenStream tokens, Names names, Dialect dialect) {
        this(tokens, names, new ExpressionParser(tokens, names, dialect));
    }

    StatementParser(TokenStream tokens, Names names, ExpressionParser expressions) {
        this.tokens = tokens;
        this.names = names;
        this.expressions = expressions;
    }

    Body template() throws JinjaSyntaxException {
        return body(Set.of());
    }

    /// Statements up to one of the `ends`, which is the current token afterwards.
    Body body(Set<String> ends) throws JinjaSyntaxException {
        List<Stmt> statements = new ArrayList<>(opening());
        while (!tokens.isAt(Token.Type.END)) {
            Token token = tokens.next();
            switch (token.type()) {
                case TEXT -> statements.add(new Statements.Text(token.line(), token.text()));
                case VARIABLE_START -> {
                    statements.add(new Statements.Emit(token.line(), printed()));
                    Token _ = tokens.expect(Token.Type.VARIABLE_END, "end of variable block");
                }
                case BLOCK_START -> {
                    if (tokens.isAt(Token.Type.NAME)
                            && ends.contains(tokens.current().text())) {
                        return new Body(statements);
                    }
                    expressions.enter();
                    statements.add(statement(token.line()));
                    expressions.leave();
                    tokens.expectBlockEnd();
                }
                case VARIABLE_END, BLOCK_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END ->
                    throw tokens.error("unexpected " + token.describe());
            }
        }
        if (!ends.isEmpty()) {
            throw tokens.unexpected(String.join(" or ", ends.stream().sorted().toList()));
        }
        return new Body(statements);
    }

    /// What a body begins with, unwritten.
    List<Stmt> opening() {
        return List.of();
    }

    /// What `{{ }}` prints.
    Expr printed() throws JinjaSyntaxException {
        return expressions.expression();
    }

    /// The condition of an `if`.
    Expr condition() throws JinjaSyntaxException {
        return expressions.withoutTernary();
    }

    Stmt statement(int line) throws JinjaSyntaxException {
        String keyword = tokens.expect(Token.Type.NAME, "statement").text();
        return switch (keyword) {
            case "for" -> forLoop(line);
            case "if" -> ifElse(line);
            case "with" -> with(line);
            case "generation" -> new Statements.With(line, List.of(), blockBody("endgeneration"));
            case "set" -> set(line);
            case "filter" -> new Statements.FilterBlock(line, filterChain(), blockBody("endfilter"));
            case "macro" -> macro(line);
            case "call" -> callBlock(line);
            case "do" -> new Statements.Do(line, callExpression());
            case "break", "continue" -> {
                if (!inLoop) {
                    throw tokens.error("'" + keyword + "' must be placed inside a loop");
                }
                yield new Statements.Jump(line, keyword.equals("break") ? Flow.BREAK : Flow.CONTINUE);
            }
            case "include" -> include(line);
            case "extends", "block", "import", "from", "autoescape" ->
                throw new JinjaSyntaxException(line, "statement '" + keyword + "' is not supported");
            default -> throw new JinjaSyntaxException(line, "unknown statement " + keyword);
        };
    }

    /// The rest of a block tag, its body and the keyword of its end tag.
    Body blockBody(String end) throws JinjaSyntaxException {
        tokens.expectBlockEnd();
        Body body = body(Set.of(end));
        tokens.expectName(end);
        return body;
    }

    private Stmt forLoop(int line) throws JinjaSyntaxException {
        boolean outerLoop = inLoop;
        inLoop = true;
        Target target = target(false);
        tokens.expectName("in");
        Expr items = expressions.withoutTernary();
        Expr filter = tokens.skipName("if") ? expressions.expression() : null;
        boolean recursive = tokens.skipName("recursive");
        tokens.expectBlockEnd();
        Body body = body(Set.of("else", "endfor"));
        Body otherwise = EMPTY;
        if (tokens.skipName("else")) {
            otherwise = blockBody("endfor");
        } else {
            tokens.expectName("endfor");
        }
        inLoop = outerLoop;
        return new ForLoop(line, new ForLoop.Head(target, items, filter, recursive), body, otherwise);
    }

    Stmt ifElse(int line) throws JinjaSyntaxException {
        List<Statements.Branch> branches = new ArrayList<>();
        do {
            Expr condition = condition();
            tokens.expectBlockEnd();
            branches.add(new Statements.Branch(condition, branch(Set.of("elif", "else", "endif"))));
        } while (tokens.skipName("elif"));
        Body otherwise = EMPTY;
        if (tokens.skipName("else")) {
            tokens.expectBlockEnd();
            otherwise = branch(Set.of("endif"));
        }
        tokens.expectName("endif");
        return new Statements.If(line, branches, otherwise);
    }

    /// A body that may not run.
    Body branch(Set<String> ends) throws JinjaSyntaxException {
        return body(ends);
    }

    private Stmt with(int line) throws JinjaSyntaxException {
        List<Statements.Binding> bindings = new ArrayList<>();
        while (!tokens.isAt(Token.Type.BLOCK_END)) {
            if (!bindings.isEmpty()) {
                tokens.expectOperator(",");
            }
            Target target;
            if (tokens.skipOperator("(")) {
                target = target(false);
                tokens.expectOperator(")");
            } else {
                target = assignedName(false);
            }
            tokens.expectOperator("=");
            bindings.add(new Statements.Binding(target, expressions.expression()));
        }
        return new Statements.With(line, bindings, blockBody("endwith"));
    }

    private Stmt set(int line) throws JinjaSyntaxException {
        Target target = target(true);
        if (tokens.isAt(Token.Type.BLOCK_END) || tokens.isAtOperator("|")) {
            List<Calls.Filter> filters = tokens.skipOperator("|") ? filterChain() : List.of();
            return new Statements.AssignBlock(line, target, filters, blockBody("endset"));
        }
        tokens.expectOperator("=");
        Expr value = expressions.expression();
        if (tokens.skipOperator(",")) {
            List<Expr> items = new ArrayList<>(List.of(value));
            while (!tokens.isAt(Token.Type.BLOCK_END)) {
                items.add(expressions.expression());
                if (!tokens.skipOperator(",")) {
                    break;
                }
            }
            value = new Literals.ListOf(items);
        }
        return new Statements.Assign(line, target, value);
    }

    List<Calls.Filter> filterChain() throws JinjaSyntaxException {
        List<Calls.Filter> filters = new ArrayList<>();
        do {
            filters.add(expressions.filter());
        } while (tokens.skipOperator("|"));
        return filters;
    }

    Target target(boolean members) throws JinjaSyntaxException {
        expressions.enter();
        List<Target> parts = new ArrayList<>();
        boolean tuple = false;
        while (true) {
            if (!parts.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (tokens.isAtOperator(")")
                    || tokens.isAt(Token.Type.BLOCK_END)
                    || tokens.isAt(Token.Type.VARIABLE_END)
                    || isTargetEnd()) {
                break;
            }
            if (tokens.skipOperator("(")) {
                parts.add(target(members));
                tokens.expectOperator(")");
            } else {
                parts.add(assignedName(members));
            }
            if (!tokens.isAtOperator(",")) {
                break;
            }
            tuple = true;
        }
        expressions.leave();
        return !tuple && parts.size() == 1 ? parts.get(0) : new Target.Unpack(List.copyOf(parts));
    }

    /// Whether a comma may stand before the current token, which ends the names of a loop.
    boolean isTargetEnd() {
        return tokens.isAtName("in");
    }

    Target assignedName(boolean members) throws JinjaSyntaxException {
        String name = nameToAssign();
        Expr owner = new Literals.Variable(names.number(name), name);
        Target target = new Target.Name(names.number(name));
        while (members && tokens.skipOperator(".")) {
            if (target instanceof Target.Member member) {
                owner = new Access.Attribute(owner, member.name());
            }
            target = new Target.Member(
                    owner, tokens.expect(Token.Type.NAME, "identifier").text());
        }
        return target;
    }

    String nameToAssign() throws JinjaSyntaxException {
        String name = tokens.expect(Token.Type.NAME, "identifier").text();
        if (RESERVED.contains(name)) {
            throw tokens.error("cannot assign to reserved variable name " + name);
        }
        return name;
    }

    private Stmt macro(int line) throws JinjaSyntaxException {
        String name = tokens.expect(Token.Type.NAME, "identifier").text();
        tokens.expectOperator("(");
        List<Macros.Parameter> parameters = parameters();
        Body body = macroBody("endmacro");
        return new Macros.Declare(line, names.number(name), new Macros.Definition(name, parameters, body));
    }

    private Stmt callBlock(int line) throws JinjaSyntaxException {
        List<Macros.Parameter> parameters = tokens.skipOperator("(") ? parameters() : List.of();
        Expr call = callExpression();
        Body body = macroBody("endcall");
        Macros.Definition caller = new Macros.Definition("caller", parameters, body);
        return new Macros.CallBlock(line, call, (Calls.Call) call, caller);
    }

    private Stmt include(int line) throws JinjaSyntaxException {
        Expr name = expressions.expression();
        boolean marked = skipContextMarker();
        if (tokens.skipName("ignore")) {
            tokens.expectName("missing");
            boolean _ = marked || skipContextMarker();
        }
        return new Statements.Include(line, name);
    }

    private boolean skipContextMarker() throws JinjaSyntaxException {
        boolean marker = tokens.skipName("with") || tokens.skipName("without");
        if (marker) {
            tokens.expectName("context");
        }
        return marker;
    }

    Expr callExpression() throws JinjaSyntaxException {
        Expr expr = expressions.expression();
        if (!(expr instanceof Calls.Call)) {
            throw tokens.error("not a call (expected: call expression)");
        }
        return expr;
    }

    Body macroBody(String end) throws JinjaSyntaxException {
        boolean outerLoop = inLoop;
        inLoop = false;
        Body body = blockBody(end);
        inLoop = outerLoop;
        return body;
    }

    List<Macros.Parameter> parameters() throws JinjaSyntaxException {
        List<Macros.Parameter> parameters = new ArrayList<>();
        boolean defaults = false;
        while (!tokens.skipOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
                if (tokens.skipOperator(")")) {
                    break;
                }
            }
            String name = nameToAssign();
            Expr standIn = null;
            if (tokens.skipOperator("=")) {
                standIn = expressions.expression();
                defaults = true;
            } else if (defaults) {
                throw tokens.unexpected("'='");
            }
            parameters.add(new Macros.Parameter(names.number(name), name, standIn));
        }
        return parameters;
    }
}
