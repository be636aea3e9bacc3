package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The meaning of values and operators: what a compiled template asks while it renders.
///
/// Implementations are immutable, thread-safe.
interface Dialect {
    StatementParser parser(List<Token> tokens, Names names);

    @Nullable
    Callable filter(String name);

    @Nullable
    Callable test(String name);

    @Nullable
    Object global(String name);

    /// Frames inside each other at which the language itself gives up.
    int frameDepthMax();

    boolean truth(Object value);

    /// `owner.name`.
    Object attribute(Object owner, String name) throws JinjaRenderException;

    /// `owner[key]`.
    Object item(Render render, Object owner, Object key) throws JinjaRenderException;

    /// `value[start:stop:step]`; a missing bound is None.
    Object slice(Render render, Object value, Object start, Object stop, Object step) throws JinjaRenderException;

    /// The items of a value that is iterated, paid for.
    List<? extends @Nullable Object> iterate(Render render, Object value) throws JinjaRenderException;

    /// The items of a value that is assigned to several names.
    List<? extends @Nullable Object> unpack(Render render, Object value) throws JinjaRenderException;

    /// The text of a value as `~` sees it.
    String text(Budget budget, Object value) throws JinjaRenderException;

    /// The text of a value that the template prints.
    String printed(Budget budget, Object value) throws JinjaRenderException;

    Object add(Budget budget, Object left, Object right) throws JinjaRenderException;

    Object binary(Render render, Operators.BinaryOp op, Object left, Object right) throws JinjaRenderException;

    Object negate(Object value) throws JinjaRenderException;

    boolean compare(Render render, Operators.CompareOp op, Object left, Object right) throws JinjaRenderException;

    /// Adds an entry to a dict display.
    void putEntry(Dict dict, Object key, Object value) throws JinjaRenderException;

    /// `receiver.name(...)`; `values` begins with the receiver.
    Object callMethod(Render render, String name, Object[] values) throws JinjaRenderException;

    /// `callee(...)`.
    Object call(Render render, Object callee, Object[] arguments) throws JinjaRenderException;
}
