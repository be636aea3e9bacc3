package io.kvepp.preprocess.jinja;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A compiled template: compiled once, rendered any number of times.
///
/// Values of a context: `null` (None), [Undefined], `Boolean`, `Long`, `Integer`, `BigInteger`,
/// `Double`, `String`, `List`, `Map` with string keys (iterated in its own order) and
/// [JinjaFunction]. A context is only read, and must not change during a render.
///
/// Immutable, thread-safe.
public final class JinjaTemplate {
    private JinjaTemplate() {}

    /// Compiles `source`; a statement this engine does not support is a syntax error that names it.
    public static JinjaTemplate compile(String source, JinjaSettings settings) throws JinjaSyntaxException {
        throw new UnsupportedOperationException("compile");
    }

    /// The text of the template with the names of `context`.
    public String render(Map<String, ? extends @Nullable Object> context) throws JinjaRenderException {
        throw new UnsupportedOperationException("render");
    }
}
