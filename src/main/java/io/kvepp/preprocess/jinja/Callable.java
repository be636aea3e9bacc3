package io.kvepp.preprocess.jinja;

/// A value of the engine itself that can be called.
interface Callable {
    /// `arguments` are positional; keyword arguments come last, as one [Keywords].
    Object call(Render render, Object[] arguments) throws JinjaRenderException;
}
