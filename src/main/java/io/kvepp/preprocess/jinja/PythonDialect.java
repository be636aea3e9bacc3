package io.kvepp.preprocess.jinja;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Templates as jinja2 3.1 renders them in the sandbox of transformers.
///
/// Known not to be the same:
///
/// - `lipsum`, `pprint`, `random`, `urlize`, `wordwrap` and `encode` do not exist, nor do blocks,
///   imports and inheritance.
/// - What a `map` or `select` makes is worked out when its first item is taken, all at once.
/// - A constant that cannot be sliced is an error inside a larger expression of constants, where
///   jinja2 takes it for undefined.
/// - The address in the printed form of a function, method or generator is left out.
///
/// Source: jinja2 3.1.6, transformers' `chat_template_utils`.
///
/// Immutable, thread-safe.
final class PythonDialect implements Dialect {
    @Override
    public StatementParser parser(List<Token> tokens, Names names) {
        TokenStream stream = new TokenStream(tokens);
        return new PythonStatementParser(stream, names, new PythonExpressionParser(stream, names, this));
    }

    @Override
    public @Nullable Callable filter(String name) {
        return PyFilters.get(name);
    }

    @Override
    public @Nullable Callable test(String name) {
        return PyTests.get(name);
    }

    @Override
    public @Nullable Object global(String name) {
        return PyGlobals.get(name);
    }

    @Override
    public int frameDepthMax() {
        return Integer.MAX_VALUE;
    }

    @Override
    public boolean truth(Object value) {
        return PySequences.truth(value);
    }

    @Override
    public Object attribute(Object owner, String name) throws JinjaRenderException {
        return PyAccess.attribute(owner, name);
    }

    @Override
    public Object item(Render render, Object owner, Object key) throws JinjaRenderException {
        return PyAccess.item(render, owner, key);
    }

    @Override
    public Object slice(Render render, Object value, Object start, Object stop, Object step)
            throws JinjaRenderException {
        return PySequences.slice(render, value, start, stop, step);
    }

    @Override
    public List<? extends @Nullable Object> iterate(Render render, Object value) throws JinjaRenderException {
        return PySequences.list(render, value);
    }

    @Override
    public List<? extends @Nullable Object> unpack(Render render, Object value) throws JinjaRenderException {
        return PySequences.list(render, value);
    }

    @Override
    public String text(Budget budget, Object value) throws JinjaRenderException {
        return PyRepr.text(budget, value);
    }

    @Override
    public String printed(Budget budget, Object value) throws JinjaRenderException {
        return PyRepr.text(budget, value);
    }

    @Override
    public Object add(Budget budget, Object left, Object right) throws JinjaRenderException {
        return PyOperators.add(budget, left, right);
    }

    @Override
    public Object binary(Render render, Operators.BinaryOp op, Object left, Object right) throws JinjaRenderException {
        return switch (op) {
            case SUBTRACT -> PyNumbers.subtract(left, right);
            case MULTIPLY -> PyOperators.multiply(render.budget, left, right);
            case DIVIDE -> PyNumbers.divide(left, right);
            case FLOOR_DIVIDE -> PyNumbers.floorDivide(left, right);
            case REMAINDER -> PyOperators.remainder(render.budget, left, right);
            case POWER -> PyNumbers.power(left, right);
        };
    }

    @Override
    public Object negate(Object value) throws JinjaRenderException {
        return PyNumbers.negate(value);
    }

    @Override
    public boolean compare(Render render, Operators.CompareOp op, Object left, Object right)
            throws JinjaRenderException {
        return PyComparison.test(render, op, left, right);
    }

    @Override
    public void putEntry(Dict dict, Object key, Object value) throws JinjaRenderException {
        PyDicts.put(dict, key, value);
    }

    @Override
    public Object callMethod(Render render, String name, Object[] values) throws JinjaRenderException {
        PyFunction method = PyAccess.method(values[0], name);
        return method != null
                ? method.call(render, values)
                : call(render, PyAccess.attribute(values[0], name), Arrays.copyOfRange(values, 1, values.length));
    }

    @Override
    public Object call(Render render, Object callee, Object[] arguments) throws JinjaRenderException {
        return switch (callee) {
            case Callable callable -> callable.call(render, arguments);
            case JinjaFunction function -> Arguments.callFunction(function, arguments);
            default -> throw new JinjaRenderException(Values.kind(callee) + " is not callable");
        };
    }
}
