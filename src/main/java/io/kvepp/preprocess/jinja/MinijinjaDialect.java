package io.kvepp.preprocess.jinja;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Templates as minijinja 2.24 renders them.
///
/// Immutable, thread-safe.
final class MinijinjaDialect implements Dialect {
    private static final int FRAME_DEPTH_MAX = 500;

    @Override
    public StatementParser parser(List<Token> tokens, Names names) {
        return new StatementParser(tokens, names, this);
    }

    @Override
    public @Nullable Callable filter(String name) {
        return Filters.get(name);
    }

    @Override
    public @Nullable Callable test(String name) {
        return Tests.get(name);
    }

    @Override
    public @Nullable Object global(String name) {
        return Globals.get(name);
    }

    @Override
    public int frameDepthMax() {
        return FRAME_DEPTH_MAX;
    }

    @Override
    public boolean truth(Object value) {
        return Values.truth(value);
    }

    @Override
    public Object attribute(Object owner, String name) throws JinjaRenderException {
        Object found = Values.attribute(owner, name);
        return found == null ? Values.missing(owner, name) : found;
    }

    @Override
    public Object item(Render render, Object owner, Object key) throws JinjaRenderException {
        if (owner instanceof String text) {
            render.budget.scan(text.length());
        }
        Object found = Values.item(owner, key);
        return found == null ? Values.missing(owner, key) : found;
    }

    @Override
    public Object slice(Render render, Object value, Object start, Object stop, Object step)
            throws JinjaRenderException {
        return Access.slice(render, value, start, stop, step);
    }

    @Override
    public List<? extends @Nullable Object> iterate(Render render, Object value) throws JinjaRenderException {
        List<? extends @Nullable Object> items = Values.iterate(value);
        if (!(value instanceof List)) {
            render.budget.items(items.size());
        }
        return items;
    }

    @Override
    public List<? extends @Nullable Object> unpack(Render render, Object value) throws JinjaRenderException {
        List<? extends @Nullable Object> items = Values.elements(value);
        if (items == null || value instanceof String || value instanceof Undefined || value instanceof None) {
            throw new JinjaRenderException("cannot unpack: " + Values.kind(value) + " (expected: a sequence)");
        }
        return items;
    }

    @Override
    public String text(Budget budget, Object value) throws JinjaRenderException {
        return Printer.display(budget, value);
    }

    @Override
    public String printed(Budget budget, Object value) throws JinjaRenderException {
        return Printer.emitted(budget, value);
    }

    @Override
    public Object add(Budget budget, Object left, Object right) throws JinjaRenderException {
        return Arithmetic.add(budget, left, right);
    }

    @Override
    public Object binary(Render render, Operators.BinaryOp op, Object left, Object right) throws JinjaRenderException {
        return switch (op) {
            case SUBTRACT -> Arithmetic.subtract(left, right);
            case MULTIPLY -> Arithmetic.multiply(render.budget, left, right);
            case DIVIDE -> Arithmetic.divide(left, right);
            case FLOOR_DIVIDE -> Arithmetic.floorDivide(left, right);
            case REMAINDER -> Arithmetic.remainder(left, right);
            case POWER -> Arithmetic.power(left, right);
        };
    }

    @Override
    public Object negate(Object value) throws JinjaRenderException {
        return Arithmetic.negate(value);
    }

    @Override
    public boolean compare(Render render, Operators.CompareOp op, Object left, Object right)
            throws JinjaRenderException {
        return op.test(render.budget, left, right);
    }

    @Override
    public void putEntry(Dict dict, Object key, Object value) throws JinjaRenderException {
        dict.put(Dict.key(key), value);
    }

    @Override
    public Object callMethod(Render render, String name, Object[] values) throws JinjaRenderException {
        Object receiver = values[0];
        if (receiver instanceof LoopState loop && LoopState.isMethod(name)) {
            return loop.callMethod(render, name, values);
        }
        Kind kind = Values.kind(receiver);
        Builtin method = Methods.hasMethod(kind, name) ? Methods.get(name) : null;
        if (method != null) {
            return method.call(render, values);
        }
        Object attribute = Values.attribute(receiver, name);
        if (attribute == null) {
            throw new JinjaRenderException(kind + " has no method named " + name);
        }
        return call(render, attribute, Arrays.copyOfRange(values, 1, values.length));
    }

    @Override
    public Object call(Render render, Object callee, Object[] arguments) throws JinjaRenderException {
        return switch (callee) {
            case Callable callable -> callable.call(render, arguments);
            case JinjaFunction function -> Arguments.callFunction(function, arguments);
            default -> throw new JinjaRenderException("value of type " + Values.kind(callee) + " is not callable");
        };
    }
}
