package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Parses the statements of a template as jinja2 does with the extensions that transformers turns
/// on. Blocks, includes and imports are not supported.
///
/// Confined to one compilation.
final class PythonStatementParser extends StatementParser {
    private final PythonExpressionParser python;
    private final PyStatements.Special special;
    private int loops;

    PythonStatementParser(TokenStream tokens, Names names, PythonExpressionParser expressions) {
        super(tokens, names, expressions);
        this.python = expressions;
        this.special = new PyStatements.Special(names.number("kwargs"), names.number("varargs"));
    }

    @Override
    Body template() throws JinjaSyntaxException {
        Body template = super.template();
        python.checkKnown();
        return template;
    }

    @Override
    Expr printed() throws JinjaSyntaxException {
        return python.tuple(true);
    }

    @Override
    Stmt statement(int line) throws JinjaSyntaxException {
        String keyword = tokens.current().text();
        return switch (tokens.isAt(Token.Type.NAME) ? keyword : "") {
            case "for" -> forLoop(line);
            case "if" -> conditional(line);
            case "with" -> with(line);
            case "set" -> set(line);
            case "filter" -> {
                Token _ = tokens.next();
                List<Calls.Filter> filters = filterChain();
                yield new PyStatements.FilterBlock(line, filters, scoped("endfilter"));
            }
            case "macro" -> macro(line);
            case "call" -> callBlock(line);
            case "generation" -> {
                Token _ = tokens.next();
                yield new PyStatements.Generation(line, scopedMacroBody("endgeneration"));
            }
            case "print" -> {
                Token _ = tokens.next();
                yield print(line);
            }
            case "do" -> throw new JinjaSyntaxException(line, "unknown statement do");
            default -> super.statement(line);
        };
    }

    private Stmt print(int line) throws JinjaSyntaxException {
        List<Expr> values = new ArrayList<>(List.of(python.expression()));
        while (tokens.skipOperator(",")) {
            values.add(python.expression());
        }
        return new Statements.Emit(line, new Operators.Concat(values));
    }

    @Override
    boolean isTargetEnd() {
        return false;
    }

    /// Any name but a constant's, and `loop` where it is not that of a loop.
    @Override
    String nameToAssign() throws JinjaSyntaxException {
        boolean free = loops == 0 && tokens.isAtName("loop") || tokens.isAtName("self");
        return free ? tokens.next().text() : super.nameToAssign();
    }

    /// A body in a scope of its own.
    private Body scoped(String end) throws JinjaSyntaxException {
        int outer = python.enterScope();
        Body body = blockBody(end);
        python.leaveScope(outer);
        return body;
    }

    private Body scopedMacroBody(String end) throws JinjaSyntaxException {
        int outer = python.enterScope();
        Body body = macroBody(end);
        python.leaveScope(outer);
        return body;
    }

    private Stmt conditional(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        python.enterConditional();
        Stmt statement = ifElse(line);
        python.leaveConditional();
        return statement;
    }

    @Override
    Expr condition() throws JinjaSyntaxException {
        return python.tuple(false);
    }

    private Stmt forLoop(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        loops++;
        Target target = target(false);
        tokens.expectName("in");
        Expr items = python.tuple(false);
        int outerScope = python.enterScope();
        Expr filter = tokens.skipName("if") ? python.expression() : null;
        boolean recursive = tokens.skipName("recursive");
        boolean outerLoop = inLoop;
        inLoop = true;
        tokens.expectBlockEnd();
        Body body = body(Set.of("else", "endfor"));
        inLoop = outerLoop;
        Body otherwise = EMPTY;
        if (tokens.skipName("else")) {
            otherwise = blockBody("endfor");
        } else {
            tokens.expectName("endfor");
        }
        loops--;
        python.leaveScope(outerScope);
        return new PyForLoop(line, new ForLoop.Head(target, items, filter, recursive), body, otherwise);
    }

    private Stmt with(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        List<Statements.Binding> bindings = new ArrayList<>();
        while (!tokens.isAt(Token.Type.BLOCK_END)) {
            if (!bindings.isEmpty()) {
                tokens.expectOperator(",");
            }
            Target target = target(false);
            tokens.expectOperator("=");
            bindings.add(new Statements.Binding(target, python.expression()));
        }
        return new PyStatements.With(line, bindings, scoped("endwith"));
    }

    private Stmt set(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        Target target = target(true);
        if (tokens.skipOperator("=")) {
            return new Statements.Assign(line, target, python.tuple(true));
        }
        List<Calls.Filter> filters = tokens.skipOperator("|") ? filterChain() : List.of();
        return new PyStatements.AssignBlock(line, target, filters, scoped("endset"));
    }

    private Stmt macro(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        String name = tokens.expect(Token.Type.NAME, "identifier").text();
        tokens.expectOperator("(");
        List<Macros.Parameter> parameters = parameters();
        Body body = scopedMacroBody("endmacro");
        return new PyStatements.Declare(
                line, names.number(name), new PyStatements.Definition(name, parameters, body, special));
    }

    private Stmt callBlock(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        List<Macros.Parameter> parameters = tokens.skipOperator("(") ? parameters() : List.of();
        Expr call = callExpression();
        Body body = scopedMacroBody("endcall");
        return new PyStatements.CallBlock(
                line, call, (Calls.Call) call, new PyStatements.Definition(null, parameters, body, special));
    }
}
