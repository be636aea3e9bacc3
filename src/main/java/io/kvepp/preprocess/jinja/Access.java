package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Attributes, items and slices.
final class Access {
    private Access() {}

    static final class Attribute extends Expr {
        private final Expr owner;
        private final String name;

        Attribute(Expr owner, String name) {
            super(owner.height());
            this.owner = owner;
            this.name = name;
        }

        Expr owner() {
            return owner;
        }

        String name() {
            return name;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return render.dialect.attribute(owner.eval(render), name);
        }

        @Override
        void track(NameTracker names) {
            owner.track(names);
        }
    }

    static final class Item extends Expr {
        private final Expr owner;
        private final Expr key;

        Item(Expr owner, Expr key) {
            super(height(owner, key));
            this.owner = owner;
            this.key = key;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return render.dialect.item(render, owner.eval(render), key.eval(render));
        }

        @Override
        void track(NameTracker names) {
            track(names, owner, key);
        }
    }

    /// `owner[start:stop:step]`. A bound that is missing is the constant None.
    static final class Slice extends Expr {
        private final Expr owner;
        private final Expr start;
        private final Expr stop;
        private final Expr step;

        Slice(Expr owner, Expr start, Expr stop, Expr step) {
            super(height(owner, start, stop, step));
            this.owner = owner;
            this.start = start;
            this.stop = stop;
            this.step = step;
        }

        /// Whether it slices a constant at constant places.
        boolean isConstant() {
            return List.of(owner, start, stop, step).stream().allMatch(part -> part instanceof Literals.Constant);
        }

        Expr owner() {
            return owner;
        }

        @Override
        Object eval(Render render) throws JinjaRenderException {
            return render.dialect.slice(
                    render, owner.eval(render), start.eval(render), stop.eval(render), step.eval(render));
        }

        @Override
        void track(NameTracker names) {
            // Not the sliced value: a macro does not enclose a name it only slices.
            track(names, start, stop, step);
        }
    }

    static Object slice(Render render, Object value, Object start, Object stop, Object step)
            throws JinjaRenderException {
        Long from = bound(start);
        Long to = bound(stop);
        Long by = bound(step);
        long stride = by == null ? 1 : by;
        if (stride == 0) {
            throw new JinjaRenderException("cannot slice by step size of 0");
        }
        return switch (Values.kind(value)) {
            case UNDEFINED, NONE -> List.of();
            case STRING -> text(render, (String) value, from, to, stride);
            case SEQUENCE, ITERABLE -> {
                List<? extends @Nullable Object> items = Values.iterate(value);
                Range range = Range.of(items.size(), from, to, stride);
                render.budget.items(range.count());
                List<@Nullable Object> picked = new ArrayList<>(range.count());
                for (int i = 0; i < range.count(); i++) {
                    picked.add(items.get(range.at(i)));
                }
                yield new View(picked);
            }
            case BOOLEAN, NUMBER, MAP, PLAIN ->
                throw new JinjaRenderException("value of type " + Values.kind(value) + " cannot be sliced");
        };
    }

    private static String text(Render render, String text, @Nullable Long from, @Nullable Long to, long stride)
            throws JinjaRenderException {
        render.budget.scan(text.length());
        int count = text.codePointCount(0, text.length());
        Range range = Range.of(count, from, to, stride);
        if (range.count() == 0) {
            return "";
        }
        render.budget.build(range.count());
        boolean oneCharEach = count == text.length();
        if (stride == 1) {
            int begin = oneCharEach ? range.at(0) : text.offsetByCodePoints(0, range.at(0));
            int end = oneCharEach ? begin + range.count() : text.offsetByCodePoints(begin, range.count());
            return text.substring(begin, end);
        }
        int[] codePoints = text.codePoints().toArray();
        StringBuilder picked = new StringBuilder(range.count());
        for (int i = 0; i < range.count(); i++) {
            picked.appendCodePoint(codePoints[range.at(i)]);
        }
        return picked.toString();
    }

    private static @Nullable Long bound(Object value) throws JinjaRenderException {
        return value == None.INSTANCE ? null : (Long) Arguments.toInteger(value);
    }

    /// The positions that a slice picks: `count` of them, `step` apart.
    private record Range(int start, int count, long step) {
        int at(int index) {
            return (int) (start + index * step);
        }

        static Range of(int size, @Nullable Long from, @Nullable Long to, long step) throws JinjaRenderException {
            return step > 0 ? forward(size, from, to, step) : backward(size, from, to, step);
        }

        private static Range forward(int size, @Nullable Long from, @Nullable Long to, long step) {
            long start = from == null ? 0 : resolve(from, size);
            long stop = Math.min(size, to == null ? size : resolve(to, size));
            return start >= stop
                    ? new Range(0, 0, step)
                    : new Range((int) start, (int) ((stop - start - 1) / step + 1), step);
        }

        /// Without a stop, or with stop 0, the first item is part of the slice, and there must be one.
        private static Range backward(int size, @Nullable Long from, @Nullable Long to, long step)
                throws JinjaRenderException {
            long start = from == null || from >= size ? Math.max(0, size - 1) : resolve(from, size);
            long stop = to == null ? 0 : resolve(to, size);
            if (start < stop) {
                return new Range(0, 0, step);
            }
            if (size == 0) {
                throw new JinjaRenderException("cannot slice nothing backwards");
            }
            long stride = step == Long.MIN_VALUE ? Long.MAX_VALUE : -step;
            long length = stop == 0 ? start / stride + 1 : (start - stop + stride - 1) / stride;
            return new Range((int) start, (int) Math.min(length, (start - stop) / stride + 1), -stride);
        }

        private static long resolve(long bound, int size) {
            return bound < 0 ? Math.max(0, bound + size) : bound;
        }
    }
}
