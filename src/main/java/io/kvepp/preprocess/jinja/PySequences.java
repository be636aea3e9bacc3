package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Truth, length, items and slices of Python's values.
final class PySequences {
    private PySequences() {}

    static boolean truth(Object value) {
        return switch (value) {
            case Boolean flag -> flag;
            case String text -> !text.isEmpty();
            case PyMarkup markup -> !markup.text().isEmpty();
            case Long number -> number != 0;
            case Double number -> number != 0.0;
            case None _, Undefined _ -> false;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case PyTuple tuple -> !tuple.items().isEmpty();
            case PyView view -> !view.map().isEmpty();
            case PyRange range -> range.count() > 0;
            default -> true;
        };
    }

    /// `len(value)`, or -1 for a value without a length.
    static int lengthOrNone(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case PyMarkup markup ->
                markup.text().codePointCount(0, markup.text().length());
            case Undefined _ -> 0;
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case PyTuple tuple -> tuple.items().size();
            case PyView view -> view.map().size();
            case PyRange range -> range.count();
            case PyLoop loop -> loop.length();
            default -> -1;
        };
    }

    static long length(Render render, Object value) throws JinjaRenderException {
        if (value instanceof String text) {
            render.budget.scan(text.length());
        }
        int length = lengthOrNone(value);
        if (length < 0) {
            throw new JinjaRenderException(Values.kind(value) + " has no length");
        }
        return length;
    }

    /// The items of a value that holds them, or `null`.
    static @Nullable List<? extends @Nullable Object> held(Object value) {
        return switch (value) {
            case List<?> list -> list;
            case PyTuple tuple -> tuple.items();
            case String _ -> Values.elements(value);
            case PyMarkup markup -> Values.elements(markup.text());
            case Map<?, ?> map -> new ArrayList<@Nullable Object>(map.keySet());
            case PyView view -> view.items();
            case PyRange range -> range.items();
            case Undefined _ -> List.of();
            default -> null;
        };
    }

    static boolean isIterable(Object value) {
        return value instanceof PyIterator || value instanceof PyLoop || held(value) != null;
    }

    /// `iter(value)`; an iterator is its own.
    static PyIterator iterator(Render render, Object value) throws JinjaRenderException {
        if (value instanceof PyIterator iterator) {
            return iterator;
        }
        List<? extends @Nullable Object> items = held(value);
        if (items == null) {
            throw new JinjaRenderException(Values.kind(value) + " is not iterable");
        }
        render.budget.items(items.size());
        return new PyIterator(() -> items);
    }

    /// `list(value)`.
    static List<Object> list(Render render, Object value) throws JinjaRenderException {
        return iterator(render, value).rest();
    }

    static Object slice(Render render, Object value, Object start, Object stop, Object step)
            throws JinjaRenderException {
        long stride = step == None.INSTANCE ? 1 : PyArguments.integer(step);
        if (stride == 0) {
            throw new JinjaRenderException("slice step: 0 (expected: another number)");
        }
        return switch (value) {
            case String text -> text(render, text, Bounds.of(lengthOrNone(text), start, stop, stride));
            case PyMarkup markup ->
                new PyMarkup(text(render, markup.text(), Bounds.of(lengthOrNone(markup), start, stop, stride)));
            case List<?> list -> pick(render, list, Bounds.of(list.size(), start, stop, stride));
            case PyTuple tuple ->
                new PyTuple(pick(render, tuple.items(), Bounds.of(tuple.items().size(), start, stop, stride)));
            case PyRange range -> range(range, Bounds.of(range.count(), start, stop, stride));
            default -> throw new JinjaRenderException(Values.kind(value) + " cannot be sliced");
        };
    }

    /// Positions `from`, `from + step` ... of which there are `count`; `to` is where they end.
    private record Bounds(long from, long to, long step, int count) {
        static Bounds of(int size, Object start, Object stop, long step) throws JinjaRenderException {
            boolean forward = step > 0;
            long from = start == None.INSTANCE
                    ? (forward ? 0 : size - 1L)
                    : bound(PyArguments.integer(start), size, forward);
            long to = stop == None.INSTANCE ? (forward ? size : -1L) : bound(PyArguments.integer(stop), size, forward);
            long span = forward ? to - from : from - to;
            long stride = step == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(step);
            return new Bounds(from, to, step, span <= 0 ? 0 : (int) ((span - 1) / stride + 1));
        }

        private static long bound(long bound, int size, boolean forward) {
            if (bound < 0) {
                return Math.max(forward ? 0 : -1, bound + size);
            }
            return Math.min(bound, forward ? size : size - 1L);
        }

        int at(int index) {
            return (int) (from + index * step);
        }
    }

    private static String text(Render render, String text, Bounds bounds) throws JinjaRenderException {
        render.budget.scan(text.length());
        render.budget.build(bounds.count());
        if (bounds.count() == 0) {
            return "";
        }
        if (bounds.step() == 1) {
            int begin = text.offsetByCodePoints(0, bounds.at(0));
            return text.substring(begin, text.offsetByCodePoints(begin, bounds.count()));
        }
        int[] codePoints = text.codePoints().toArray();
        StringBuilder picked = new StringBuilder(bounds.count());
        for (int i = 0; i < bounds.count(); i++) {
            picked.appendCodePoint(codePoints[bounds.at(i)]);
        }
        return picked.toString();
    }

    private static List<Object> pick(Render render, List<? extends @Nullable Object> items, Bounds bounds)
            throws JinjaRenderException {
        render.budget.items(bounds.count());
        List<Object> picked = new ArrayList<>(bounds.count());
        for (int i = 0; i < bounds.count(); i++) {
            picked.add(Values.of(items.get(bounds.at(i))));
        }
        return picked;
    }

    private static PyRange range(PyRange range, Bounds bounds) {
        return new PyRange(
                range.start() + bounds.from() * range.step(),
                range.start() + bounds.to() * range.step(),
                range.step() * bounds.step(),
                bounds.count());
    }
}
