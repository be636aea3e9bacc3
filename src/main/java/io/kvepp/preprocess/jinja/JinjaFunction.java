package io.kvepp.preprocess.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A value that a template can call. Arguments and result are template values; `null` is `None`.
///
/// An implementation given to several renders at once must be thread-safe.
@FunctionalInterface
public interface JinjaFunction {
    @Nullable
    Object call(List<? extends @Nullable Object> arguments, Map<String, ? extends @Nullable Object> keywords)
            throws JinjaRenderException;
}
