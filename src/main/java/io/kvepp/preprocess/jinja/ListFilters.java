package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Filters that take lists and maps apart or put them together.
final class ListFilters {
    private ListFilters() {}

    static void addTo(Map<String, Builtin> filters) {
        filters.put("length", ListFilters::length);
        filters.put("count", ListFilters::count);
        filters.put("first", ListFilters::first);
        filters.put("last", ListFilters::last);
        filters.put("list", ListFilters::list);
        filters.put("items", ListFilters::items);
        filters.put("reverse", ListFilters::reverse);
        filters.put("join", ListFilters::join);
        filters.put("batch", ListFilters::batch);
        filters.put("slice", ListFilters::slice);
        filters.put("sum", ListFilters::sum);
        filters.put("default", ListFilters::orDefault);
        filters.put("d", ListFilters::orDefault);
        filters.put("attr", ListFilters::attr);
        filters.put("chain", ListFilters::chain);
        filters.put("zip", ListFilters::zip);
    }

    /// The items of `value` as a new list of engine values.
    static List<Object> copy(Render render, Object value) throws JinjaRenderException {
        List<? extends @Nullable Object> items = Values.iterate(value);
        render.budget.items(items.size());
        List<Object> copy = new ArrayList<>(items.size());
        for (Object item : items) {
            copy.add(Values.of(item));
        }
        return copy;
    }

    private static Object length(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        return (long) Math.max(0, lengthOf(render, value));
    }

    private static Object count(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        int length = lengthOf(render, value);
        if (length < 0) {
            throw new JinjaRenderException("cannot calculate length of value of type " + Values.kind(value));
        }
        return (long) length;
    }

    private static int lengthOf(Render render, Object value) throws JinjaRenderException {
        if (value instanceof String text) {
            render.budget.scan(text.length());
        }
        return Values.length(value);
    }

    private static Object first(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        if (value instanceof String text) {
            return text.isEmpty() ? Undefined.INSTANCE : text.substring(0, text.offsetByCodePoints(0, 1));
        }
        return switch (Values.kind(value)) {
            case SEQUENCE, MAP, ITERABLE -> {
                List<? extends @Nullable Object> items = render.iterate(value);
                yield items.isEmpty() ? Undefined.INSTANCE : Values.of(items.get(0));
            }
            case UNDEFINED, NONE, BOOLEAN, NUMBER, STRING, PLAIN ->
                throw new JinjaRenderException("cannot get first item from " + Values.kind(value));
        };
    }

    private static Object last(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        if (value instanceof String text) {
            return text.isEmpty() ? Undefined.INSTANCE : text.substring(text.offsetByCodePoints(text.length(), -1));
        }
        if (!Values.kind(value).isListLike()) {
            throw new JinjaRenderException("cannot get last item from " + Values.kind(value));
        }
        List<? extends @Nullable Object> items = Values.iterate(value);
        return items.isEmpty() ? Undefined.INSTANCE : Values.of(items.get(items.size() - 1));
    }

    private static Object list(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        return copy(render, value);
    }

    private static Object items(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        if (Values.kind(value) != Kind.MAP) {
            throw new JinjaRenderException("cannot convert " + Values.kind(value) + " into pairs");
        }
        return new View(pairs(render, value));
    }

    /// The entries of a map as pairs.
    static List<Object> pairs(Render render, Object map) throws JinjaRenderException {
        List<Object> pairs = new ArrayList<>();
        for (Object raw : render.iterate(map)) {
            Object key = Values.of(raw);
            pairs.add(List.of(key, Values.of(Values.item(map, key))));
        }
        return pairs;
    }

    private static Object reverse(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        return switch (Values.kind(value)) {
            case UNDEFINED, NONE -> value;
            case STRING -> {
                String text = (String) value;
                render.budget.build(text.length());
                yield new StringBuilder(text).reverse().toString();
            }
            case SEQUENCE, ITERABLE, MAP -> {
                List<Object> items = copy(render, value);
                // The keys of a map keep their order: so does the engine that is followed.
                if (!(value instanceof Map)) {
                    Collections.reverse(items);
                }
                yield new View(items);
            }
            case BOOLEAN, NUMBER, PLAIN ->
                throw new JinjaRenderException("cannot reverse values of type " + Values.kind(value));
        };
    }

    private static Object join(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        String joiner = arguments.optionalText();
        arguments.end();
        return join(render, value, joiner == null ? "" : joiner);
    }

    static String join(Render render, Object value, String joiner) throws JinjaRenderException {
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (Object item : render.iterate(value)) {
            out.append(first ? "" : joiner).append(Printer.display(render.budget, Values.of(item)));
            render.budget.checkLength(out.length());
            first = false;
        }
        render.budget.build(out.length());
        return out.toString();
    }

    private static int positiveCount(Arguments arguments) throws JinjaRenderException {
        long count = arguments.integer();
        if (count <= 0 || count > Integer.MAX_VALUE) {
            throw new JinjaRenderException("count: " + count + " (expected: > 0)");
        }
        return (int) count;
    }

    private static Object batch(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        int count = positiveCount(arguments);
        Object filler = arguments.optional();
        arguments.end();
        List<Object> items = copy(render, value);
        List<Object> batches = new ArrayList<>();
        for (int from = 0; from < items.size(); from += count) {
            int to = (int) Math.min(items.size(), (long) from + count);
            List<Object> batch = new ArrayList<>(items.subList(from, to));
            if (filler != null && batch.size() < count) {
                render.budget.steps(count - batch.size());
                batch.addAll(Collections.nCopies(count - batch.size(), filler));
            }
            batches.add(batch);
            if (to == items.size()) {
                break;
            }
        }
        return batches;
    }

    private static Object slice(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        int count = positiveCount(arguments);
        Object filler = arguments.optional();
        arguments.end();
        render.budget.steps(count);
        List<Object> items = copy(render, value);
        int size = items.size() / count;
        int larger = items.size() % count;
        List<Object> slices = new ArrayList<>(count);
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + size + (i < larger ? 1 : 0);
            List<Object> slice = new ArrayList<>(items.subList(from, to));
            if (filler != null && i >= larger) {
                slice.add(filler);
            }
            slices.add(slice);
            from = to;
        }
        return slices;
    }

    private static Object sum(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        Object sum = 0L;
        for (Object item : copy(render, value)) {
            if (item == Undefined.INSTANCE) {
                continue;
            }
            if (Values.kind(item) != Kind.NUMBER) {
                throw new JinjaRenderException("can only sum numbers, got " + Values.kind(item));
            }
            sum = Arithmetic.add(render.budget, sum, item);
        }
        return sum;
    }

    private static Object orDefault(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        Object other = arguments.hasNext() ? arguments.value() : "";
        boolean alsoForFalse = arguments.hasNext() && Values.truth(arguments.value());
        arguments.end();
        return value == Undefined.INSTANCE || (alsoForFalse && !Values.truth(value)) ? other : value;
    }

    private static Object attr(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        Object key = arguments.value();
        arguments.end();
        Object found = Values.item(value, key);
        return found == null ? Values.missing(value, key) : found;
    }

    private static Object chain(Render render, Arguments arguments) throws JinjaRenderException {
        List<Object> values = arguments.rest();
        if (values.stream().allMatch(value -> Values.kind(value) == Kind.MAP)) {
            Dict merged = new Dict();
            for (Object map : values) {
                for (Object raw : render.iterate(map)) {
                    Object key = Values.of(raw);
                    merged.put(Dict.key(key), Values.of(Values.item(map, key)));
                }
            }
            Dict sorted = new Dict();
            for (Object key : OrderFilters.sorted(render, new ArrayList<>(merged.keySet()))) {
                sorted.put(key, Values.of(merged.get(key)));
            }
            return sorted;
        }
        if (values.stream().anyMatch(value -> Values.kind(value) != Kind.SEQUENCE)) {
            throw new JinjaRenderException("chain: the chained values are neither all maps nor all sequences");
        }
        List<Object> all = new ArrayList<>();
        for (Object value : values) {
            all.addAll(copy(render, value));
        }
        return all;
    }

    private static Object zip(Render render, Arguments arguments) throws JinjaRenderException {
        List<List<Object>> columns = new ArrayList<>();
        int rows = Integer.MAX_VALUE;
        for (Object value : arguments.rest()) {
            if (value == Undefined.INSTANCE || value == None.INSTANCE) {
                throw new JinjaRenderException("zip: one of the values has no length");
            }
            List<Object> column = copy(render, value);
            columns.add(column);
            rows = Math.min(rows, column.size());
        }
        List<Object> zipped = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            List<Object> row = new ArrayList<>(columns.size());
            for (List<Object> column : columns) {
                row.add(column.get(i));
            }
            zipped.add(row);
        }
        return new View(zipped);
    }
}
