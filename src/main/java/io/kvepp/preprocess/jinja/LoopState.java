package io.kvepp.preprocess.jinja;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The variable `loop`: where a running loop stands.
///
/// Confined to one render.
final class LoopState implements Composite, Callable {
    private static final List<Object> ATTRIBUTES = List.of(
            "index0",
            "index",
            "length",
            "revindex",
            "revindex0",
            "first",
            "last",
            "depth",
            "depth0",
            "previtem",
            "nextitem");

    private final List<? extends @Nullable Object> items;
    private final boolean sized;
    private final int depth;
    private final @Nullable ForLoop recursive;
    private int index = -1;
    private Object @Nullable [] lastChanged;

    /// `sized` is false for a loop over text, which does not tell its length.
    LoopState(List<? extends @Nullable Object> items, boolean sized, int depth, @Nullable ForLoop recursive) {
        this.items = items;
        this.sized = sized;
        this.depth = depth;
        this.recursive = recursive;
    }

    boolean advance() {
        return ++index < items.size();
    }

    Object current() {
        return Values.of(items.get(index));
    }

    int index() {
        return index;
    }

    int depth() {
        return depth;
    }

    boolean isRecursive() {
        return recursive != null;
    }

    static boolean isMethod(String name) {
        return name.equals("changed") || name.equals("cycle");
    }

    /// `loop.changed(...)` and `loop.cycle(...)`; `values` begins with this object.
    Object callMethod(Render render, String name, Object[] values) throws JinjaRenderException {
        Object[] arguments = Arrays.copyOfRange(values, 1, values.length);
        return name.equals("changed") ? (Object) changed(render, arguments) : cycle(arguments);
    }

    private boolean changed(Render render, Object[] arguments) throws JinjaRenderException {
        Object[] last = lastChanged;
        if (last != null && Comparison.equal(render.budget, Arrays.asList(last), Arrays.asList(arguments))) {
            return false;
        }
        lastChanged = arguments;
        return true;
    }

    private Object cycle(Object[] arguments) throws JinjaRenderException {
        if (arguments.length == 0) {
            throw new JinjaRenderException("loop.cycle(): no arguments (expected: at least one)");
        }
        return arguments[index % arguments.length];
    }

    @Override
    public Object call(Render render, Object[] arguments) throws JinjaRenderException {
        if (recursive == null) {
            throw new JinjaRenderException("cannot recurse outside of recursive loop");
        }
        if (arguments.length != 1) {
            throw new JinjaRenderException("loop() takes one argument");
        }
        return recursive.recurse(render, arguments[0]);
    }

    @Override
    public Kind kind() {
        return Kind.MAP;
    }

    @Override
    public @Nullable Object get(Object key) {
        if (!(key instanceof String name)) {
            return null;
        }
        return switch (name) {
            case "index0" -> (long) index;
            case "index" -> index + 1L;
            case "first" -> index == 0;
            case "last" -> sized && index == items.size() - 1;
            case "length" -> fromLength(items.size());
            case "revindex" -> fromLength(items.size() - index);
            case "revindex0" -> fromLength(items.size() - index - 1);
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> neighbour(index - 1);
            case "nextitem" -> neighbour(index + 1);
            default -> null;
        };
    }

    private Object fromLength(long value) {
        return sized ? (Object) Math.max(0, value) : Undefined.INSTANCE;
    }

    private Object neighbour(int at) {
        return at >= 0 && at < items.size() ? Values.of(items.get(at)) : Undefined.INSTANCE;
    }

    @Override
    public List<Object> elements() {
        return ATTRIBUTES;
    }

    @Override
    public String label() {
        return "<loop " + index + "/" + (sized ? items.size() : "?") + ">";
    }
}
