package io.kvepp.preprocess.jinja;

import java.util.LinkedHashMap;

/// A map that a template built: its keys may be any scalar.
///
/// Confined to one render once built.
class Dict extends LinkedHashMap<Object, Object> {
    private static final long serialVersionUID = 1L;

    Dict() {}

    Dict(int entries) {
        super(entries * 2);
    }

    /// The form of `key` under which equal keys meet, or an error when it can be no key.
    static Object key(Object key) throws JinjaRenderException {
        if (key instanceof Double number && number == number.longValue()) {
            return number.longValue();
        }
        return switch (Values.kind(key)) {
            case UNDEFINED, NONE, BOOLEAN, NUMBER, STRING -> key;
            case SEQUENCE, MAP, ITERABLE, PLAIN ->
                throw new JinjaRenderException(
                        "dict key: " + Values.kind(key) + " (expected: string, number, bool or none)");
        };
    }
}
