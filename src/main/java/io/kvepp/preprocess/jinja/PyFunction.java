package io.kvepp.preprocess.jinja;

/// A filter, test, method or function of Python's; the value it applies to is its first argument.
@FunctionalInterface
interface PyFunction extends Callable {
    Object apply(PyArguments arguments) throws JinjaRenderException;

    @Override
    default Object call(Render render, Object[] arguments) throws JinjaRenderException {
        return apply(new PyArguments(render, arguments));
    }
}
