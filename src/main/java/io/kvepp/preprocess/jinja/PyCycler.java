package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What `cycler(...)` makes: gives its items one after the other, again and again.
///
/// Confined to one render.
final class PyCycler {
    private final List<Object> items;
    private int at;

    PyCycler(List<Object> items) throws JinjaRenderException {
        if (items.isEmpty()) {
            throw new JinjaRenderException("cycler: no items (expected: at least one)");
        }
        this.items = items;
    }

    Object current() {
        return items.get(at);
    }

    static @Nullable PyFunction method(String name) {
        return switch (name) {
            case "next" -> arguments -> self(arguments).next();
            case "reset" -> arguments -> self(arguments).reset();
            default -> null;
        };
    }

    private static PyCycler self(PyArguments arguments) throws JinjaRenderException {
        if (arguments.positional(1, 1)[0] instanceof PyCycler cycler) {
            return cycler;
        }
        throw new JinjaRenderException("argument: no cycler (expected: a cycler)");
    }

    private Object next() {
        Object current = current();
        at = (at + 1) % items.size();
        return current;
    }

    private Object reset() {
        at = 0;
        return None.INSTANCE;
    }
}
