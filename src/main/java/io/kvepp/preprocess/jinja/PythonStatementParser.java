package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Parses the statements of a template as jinja2 does with the extensions that transformers turns
/// on. Blocks, includes and imports are not supported.
///
/// Confined to one compilation.
final class PythonStatementParser extends StatementParser {
    private final PythonExpressionParser python;
    private final PyStatements.Special special;
    private int loops;
    private @Nullable PyScope beginning;

    PythonStatementParser(TokenStream tokens, Names names, PythonExpressionParser expressions) {
        super(tokens, names, expressions);
        this.python = expressions;
        this.special = new PyStatements.Special(names.number("kwargs"), names.number("varargs"));
    }

    @Override
    Body template() throws JinjaSyntaxException {
        beginning = python.scope();
        Body template = super.template();
        python.checkKnown();
        python.scope().resolve();
        return template;
    }

    /// What is printed. jinja2 prints nothing for a constant that cannot be sliced, while anywhere
    /// else slicing it is an error.
    @Override
    Expr printed() throws JinjaSyntaxException {
        Expr expr = python.tuple(true);
        boolean nothing = expr instanceof Access.Slice slice
                && slice.isConstant()
                && slice.owner() instanceof Literals.Constant owner
                && !(owner.value() instanceof String);
        return nothing ? new Literals.Constant(Undefined.INSTANCE) : expr;
    }

    @Override
    Stmt statement(int line) throws JinjaSyntaxException {
        String keyword = tokens.current().text();
        return switch (tokens.isAt(Token.Type.NAME) ? keyword : "") {
            case "for" -> forLoop(line);
            case "if" -> conditional(line);
            case "with" -> with(line);
            case "set" -> set(line);
            case "filter" -> filterBlock(line);
            case "macro" -> macro(line);
            case "call" -> callBlock(line);
            case "generation" -> generation(line);
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
        boolean free = (loops == 0 && tokens.isAtName("loop")) || tokens.isAtName("self");
        return free ? tokens.next().text() : super.nameToAssign();
    }

    @Override
    List<Stmt> opening() {
        PyScope begun = beginning;
        beginning = null;
        return begun == null ? List.of() : List.of(new PyStatements.Shadow(tokens.line(), begun));
    }

    /// Parses what stands in a scope.
    private interface Part<T> {
        T parse() throws JinjaSyntaxException;
    }

    private <T> T in(PyScope scope, Part<T> part) throws JinjaSyntaxException {
        PyScope outer = python.go(scope);
        T parsed = part.parse();
        PyScope _ = python.go(outer);
        return parsed;
    }

    /// A body in a scope of its own, in which no loop can be left.
    private Body scoped(PyScope scope, String end) throws JinjaSyntaxException {
        int outer = python.enterScope();
        Body body = in(scope, () -> {
            beginning = scope;
            return macroBody(end);
        });
        python.leaveScope(outer);
        return body;
    }

    private PyScope inner() {
        return new PyScope(python.scope());
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

    @Override
    Body branch(Set<String> ends) throws JinjaSyntaxException {
        python.scope().beginBranch();
        Body body = body(ends);
        python.scope().endBranch();
        return body;
    }

    private Stmt forLoop(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        loops++;
        Target target = target(false);
        tokens.expectName("in");
        Expr items = python.tuple(false);
        int outerScope = python.enterScope();
        PyScope loop = loopScope(target);
        Expr filter = tokens.skipName("if") ? in(loopScope(target), python::expression) : null;
        boolean recursive = tokens.skipName("recursive");
        boolean outerLoop = inLoop;
        inLoop = true;
        tokens.expectBlockEnd();
        Body body = in(loop, () -> {
            beginning = loop;
            return body(Set.of("else", "endfor"));
        });
        inLoop = outerLoop;
        Body otherwise = EMPTY;
        if (tokens.skipName("else")) {
            PyScope scope = inner();
            otherwise = in(scope, () -> {
                beginning = scope;
                return blockBody("endfor");
            });
        } else {
            tokens.expectName("endfor");
        }
        loops--;
        python.leaveScope(outerScope);
        return new PyForLoop(line, new ForLoop.Head(target, items, filter, recursive), body, otherwise);
    }

    private PyScope loopScope(Target target) {
        PyScope scope = inner();
        scope.parameter(Names.LOOP);
        declare(scope, target);
        return scope;
    }

    private static void declare(PyScope scope, Target target) {
        switch (target) {
            case Target.Name(var name) -> scope.parameter(name);
            case Target.Unpack(var parts) -> parts.forEach(part -> declare(scope, part));
            case Target.Member _ -> {}
        }
    }

    private static void store(PyScope scope, Target target) {
        switch (target) {
            case Target.Name(var name) -> scope.store(name);
            case Target.Unpack(var parts) -> parts.forEach(part -> store(scope, part));
            case Target.Member member -> {
                if (member.owner() instanceof Literals.Variable variable) {
                    scope.load(variable.name());
                }
            }
        }
    }

    private Stmt with(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        PyScope scope = inner();
        List<Statements.Binding> bindings = new ArrayList<>();
        while (!tokens.isAt(Token.Type.BLOCK_END)) {
            if (!bindings.isEmpty()) {
                tokens.expectOperator(",");
            }
            Target target = target(false);
            declare(scope, target);
            tokens.expectOperator("=");
            bindings.add(new Statements.Binding(target, python.expression()));
        }
        return new PyStatements.With(line, bindings, scopedInLoop(scope, "endwith"));
    }

    /// As [#scoped], but a loop around it can be left.
    private Body scopedInLoop(PyScope scope, String end) throws JinjaSyntaxException {
        int outer = python.enterScope();
        Body body = in(scope, () -> {
            beginning = scope;
            return blockBody(end);
        });
        python.leaveScope(outer);
        return body;
    }

    private Stmt set(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        Target target = target(true);
        if (tokens.skipOperator("=")) {
            Expr value = python.tuple(true);
            store(python.scope(), target);
            return new Statements.Assign(line, target, value);
        }
        List<Calls.Filter> filters = tokens.skipOperator("|") ? filterChain() : List.of();
        store(python.scope(), target);
        return new PyStatements.AssignBlock(line, target, filters, scopedInLoop(inner(), "endset"));
    }

    private Stmt filterBlock(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        List<Calls.Filter> filters = filterChain();
        return new PyStatements.FilterBlock(line, filters, scopedInLoop(inner(), "endfilter"));
    }

    private Stmt macro(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        String name = tokens.expect(Token.Type.NAME, "identifier").text();
        int number = names.number(name);
        python.scope().store(number);
        PyScope scope = macroScope();
        tokens.expectOperator("(");
        List<Macros.Parameter> parameters = declared(scope);
        Body body = scoped(scope, "endmacro");
        return new PyStatements.Declare(line, number, new PyStatements.Definition(name, parameters, body, special));
    }

    private PyScope macroScope() {
        PyScope scope = inner();
        scope.parameter(Names.CALLER);
        scope.parameter(special.keywords());
        scope.parameter(special.rest());
        return scope;
    }

    private List<Macros.Parameter> declared(PyScope scope) throws JinjaSyntaxException {
        List<Macros.Parameter> parameters = in(scope, this::parameters);
        parameters.forEach(parameter -> scope.parameter(parameter.name()));
        return parameters;
    }

    private Stmt generation(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        return new PyStatements.Generation(line, scoped(macroScope(), "endgeneration"));
    }

    private Stmt callBlock(int line) throws JinjaSyntaxException {
        Token _ = tokens.next();
        PyScope scope = macroScope();
        List<Macros.Parameter> parameters = tokens.skipOperator("(") ? declared(scope) : List.of();
        Expr call = callExpression();
        Body body = scoped(scope, "endcall");
        return new PyStatements.CallBlock(
                line, call, (Calls.Call) call, new PyStatements.Definition(null, parameters, body, special));
    }
}
