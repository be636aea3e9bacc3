package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A Python iterator: its items can be taken once. What it yields is worked out when the first is
/// taken.
///
/// Confined to one render.
final class PyIterator {
    /// Works out the items.
    interface Source {
        List<? extends @Nullable Object> items() throws JinjaRenderException;
    }

    private @Nullable Source source;
    private List<? extends @Nullable Object> items = List.of();
    private int at;

    PyIterator(Source source) {
        this.source = source;
    }

    boolean hasNext() throws JinjaRenderException {
        Source pending = source;
        if (pending != null) {
            source = null;
            items = pending.items();
        }
        return at < items.size();
    }

    /// The next item; [#hasNext] has said that there is one.
    Object next() {
        return Values.of(items.get(at++));
    }

    List<Object> rest() throws JinjaRenderException {
        List<Object> rest = new ArrayList<>();
        while (hasNext()) {
            rest.add(next());
        }
        return rest;
    }
}
