package io.kvepp.preprocess.jinja;

/// A filter, test, method or global function; the value it applies to is its first argument.
@FunctionalInterface
interface Builtin extends Callable {
    Object apply(Render render, Arguments arguments) throws JinjaRenderException;

    @Override
    default Object call(Render render, Object[] arguments) throws JinjaRenderException {
        return apply(render, new Arguments(render.budget, arguments));
    }
}
