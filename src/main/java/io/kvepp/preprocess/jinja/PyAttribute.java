package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The way from an item to what a filter looks at: `"function.name"`, `"0.id"`, a number, or
/// nothing.
///
/// Immutable.
record PyAttribute(List<Object> parts, @Nullable Object standIn) {
    static PyAttribute of(@Nullable Object attribute) throws JinjaRenderException {
        return of(attribute, null);
    }

    /// `standIn` takes the place of an undefined value on the way; `null` or None for none.
    static PyAttribute of(@Nullable Object attribute, @Nullable Object standIn) throws JinjaRenderException {
        Object other = standIn == None.INSTANCE ? null : standIn;
        if (attribute == null || attribute == None.INSTANCE) {
            return new PyAttribute(List.of(), other);
        }
        if (!PyArguments.isString(attribute)) {
            return new PyAttribute(List.of(attribute), other);
        }
        List<Object> parts = new ArrayList<>();
        for (String part : PyArguments.string(attribute).split("\\.", -1)) {
            boolean index = PyChars.all(part, PyChars::isDecimal) && part.length() < 10;
            parts.add(index ? (Object) Long.parseLong(part) : part);
        }
        return new PyAttribute(parts, other);
    }

    Object of(Render render, Object item) throws JinjaRenderException {
        Object value = item;
        for (Object part : parts) {
            value = PyAccess.item(render, value, part);
            if (value == Undefined.INSTANCE && standIn != null) {
                value = standIn;
            }
        }
        return value;
    }
}
