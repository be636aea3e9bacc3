package io.kvepp.preprocess.jinja;

import java.util.Arrays;
import java.util.List;

/// Constants, list and dict displays, and variables.
final class Literals {
    private Literals() {}

    static final class Constant extends Expr {
        private final Object value;

        Constant(Object value) {
            super(0);
            this.value = value;
        }

        Object value() {
            return value;
        }

        @Override
        Object eval(Render render) {
            return value;
        }

        @Override
        void track(NameTracker names) {}
    }

    static final class Variable extends Expr {
        private final int name;
        private final String text;

        Variable(int name, String text) {
            super(0);
            this.name = name;
            this.text = text;
        }

        int name() {
            return name;
        }

        String text() {
            return text;
        }

        @Override
        Object eval(Render render) {
            Object value = render.lookup(name);
            return value == null ? Undefined.INSTANCE : value;
        }

        @Override
        void track(NameTracker names) {
            names.use(name);
        }
    }

    static final class ListOf extends Expr {
        private final Expr[] items;

        ListOf(List<Expr> items) {
            Expr[] all = items.toArray(Expr[]::new);
            super(height(all));
            this.items = all;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            render.budget.items(items.length);
            Object[] values = new Object[items.length];
            for (int i = 0; i < items.length; i++) {
                values[i] = items[i].eval(render);
            }
            return Arrays.asList(values);
        }

        @Override
        void track(NameTracker names) {
            track(names, items);
        }
    }

    static final class DictOf extends Expr {
        private final Expr[] keys;
        private final Expr[] values;

        DictOf(List<Expr> keys, List<Expr> values) {
            Expr[] allKeys = keys.toArray(Expr[]::new);
            Expr[] allValues = values.toArray(Expr[]::new);
            super(Math.max(height(allKeys), height(allValues)));
            this.keys = allKeys;
            this.values = allValues;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            render.budget.items(keys.length);
            Dict dict = new Dict(keys.length);
            for (int i = 0; i < keys.length; i++) {
                Object key = keys[i].eval(render);
                render.dialect.putEntry(dict, key, values[i].eval(render));
            }
            return dict;
        }

        @Override
        void track(NameTracker names) {
            track(names, keys);
            track(names, values);
        }
    }
}
