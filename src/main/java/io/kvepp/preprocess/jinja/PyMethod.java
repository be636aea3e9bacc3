package io.kvepp.preprocess.jinja;

/// A method of a value, not yet called.
///
/// Immutable.
record PyMethod(Object owner, String name, PyFunction function) implements Callable {
    @Override
    public Object call(Render render, Object[] arguments) throws JinjaRenderException {
        Object[] values = new Object[arguments.length + 1];
        values[0] = owner;
        System.arraycopy(arguments, 0, values, 1, arguments.length);
        return function.call(render, values);
    }
}
