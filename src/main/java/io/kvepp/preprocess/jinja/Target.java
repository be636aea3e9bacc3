package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The left side of an assignment.
///
/// Immutable, thread-safe.
sealed interface Target {
    void assign(Render render, Object value) throws JinjaRenderException;

    void track(NameTracker names);

    /// `name`.
    record Name(int name) implements Target {
        @Override
        public void assign(Render render, Object value) {
            render.store(name, value);
        }

        @Override
        public void track(NameTracker names) {
            names.assign(name);
        }
    }

    /// `first, second`.
    record Unpack(List<Target> parts) implements Target {
        @Override
        public void assign(Render render, Object value) throws JinjaRenderException {
            List<? extends @Nullable Object> items = render.dialect.unpack(render, value);
            if (items.size() != parts.size()) {
                throw new JinjaRenderException(
                        "cannot unpack: " + items.size() + " items (expected: " + parts.size() + ")");
            }
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).assign(render, Values.of(items.get(i)));
            }
        }

        @Override
        public void track(NameTracker names) {
            parts.forEach(part -> part.track(names));
        }
    }

    /// `namespace.name`.
    record Member(Expr owner, String name) implements Target {
        @Override
        public void assign(Render render, Object value) throws JinjaRenderException {
            Object object = owner.eval(render);
            if (!(object instanceof Namespace namespace)) {
                throw new JinjaRenderException("can only assign to namespaces, not " + Values.kind(object));
            }
            namespace.put(name, value);
        }

        @Override
        public void track(NameTracker names) {
            // Assigning to an attribute binds no name and, to a macro, uses none.
        }
    }
}
