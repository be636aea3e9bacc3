package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The arguments of a call as they stand in the template.
///
/// Immutable, thread-safe.
final class CallArguments {
    static final CallArguments NONE = new CallArguments(List.of(), List.of());

    private final Positional[] positional;
    private final Named[] named;
    private final boolean plain;
    private final int height;

    /// A positional argument; a `spread` one (`*x`) stands for all its items.
    record Positional(Expr value, boolean spread) {}

    /// A keyword argument; without a name (`**x`) it stands for all entries of a map.
    record Named(@Nullable String name, Expr value) {}

    CallArguments(List<Positional> positional, List<Named> named) {
        this.positional = positional.toArray(Positional[]::new);
        this.named = named.toArray(Named[]::new);
        this.plain = named.isEmpty() && positional.stream().noneMatch(Positional::spread);
        int highest = 0;
        for (Positional argument : positional) {
            highest = Math.max(highest, argument.value().height());
        }
        for (Named argument : named) {
            highest = Math.max(highest, argument.value().height());
        }
        this.height = highest;
    }

    int height() {
        return height;
    }

    void track(NameTracker names) {
        for (Positional argument : positional) {
            argument.value().track(names);
        }
        for (Named argument : named) {
            argument.value().track(names);
        }
    }

    /// The values: `receiver` first unless it is `null`, keywords and `caller` last.
    Object[] eval(Render render, @Nullable Object receiver, @Nullable Object caller) throws JinjaRenderException {
        if (!plain || caller != null) {
            return evalAny(render, receiver, caller);
        }
        int at = receiver == null ? 0 : 1;
        Object[] values = new Object[at + positional.length];
        if (receiver != null) {
            values[0] = receiver;
        }
        for (Positional argument : positional) {
            values[at++] = argument.value().eval(render);
        }
        return values;
    }

    private Object[] evalAny(Render render, @Nullable Object receiver, @Nullable Object caller)
            throws JinjaRenderException {
        List<Object> values = new ArrayList<>();
        if (receiver != null) {
            values.add(receiver);
        }
        for (Positional argument : positional) {
            Object value = argument.value().eval(render);
            if (argument.spread()) {
                for (Object item : render.iterate(value)) {
                    values.add(Values.of(item));
                }
            } else {
                values.add(value);
            }
        }
        if (named.length > 0 || caller != null) {
            values.add(keywords(render, caller));
        }
        return values.toArray();
    }

    private Keywords keywords(Render render, @Nullable Object caller) throws JinjaRenderException {
        Keywords keywords = new Keywords();
        for (Named argument : named) {
            Object value = argument.value().eval(render);
            if (argument.name() != null) {
                keywords.put(argument.name(), value);
            } else if (value instanceof Map<?, ?> map) {
                render.budget.items(map.size());
                map.forEach((key, item) -> keywords.put(Values.of(key), Values.of(item)));
            } else {
                throw new JinjaRenderException(
                        "attempted to apply keyword arguments from non map (got " + Values.kind(value) + ")");
            }
        }
        if (caller != null) {
            keywords.put("caller", caller);
        }
        return keywords;
    }
}
