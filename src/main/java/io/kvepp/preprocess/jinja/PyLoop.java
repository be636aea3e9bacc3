package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The variable `loop` of jinja2: where a running loop stands.
///
/// Confined to one render.
final class PyLoop implements Callable {
    private final List<? extends @Nullable Object> items;
    private final int depth;
    private final @Nullable PyForLoop recursive;
    private int index = -1;
    private @Nullable List<Object> lastChanged;

    PyLoop(List<? extends @Nullable Object> items, int depth, @Nullable PyForLoop recursive) {
        this.items = items;
        this.depth = depth;
        this.recursive = recursive;
    }

    boolean advance() {
        return ++index < items.size();
    }

    Object current() {
        return Values.of(items.get(index));
    }

    int length() {
        return items.size();
    }

    String label() {
        return "<LoopContext " + (index + 1) + "/" + items.size() + ">";
    }

    @Nullable
    Object get(String name) {
        return switch (name) {
            case "index0" -> (long) index;
            case "index" -> index + 1L;
            case "first" -> index == 0;
            case "last" -> index == items.size() - 1;
            case "length" -> (long) items.size();
            case "revindex" -> (long) items.size() - index;
            case "revindex0" -> (long) items.size() - index - 1;
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> neighbour(index - 1);
            case "nextitem" -> neighbour(index + 1);
            default -> null;
        };
    }

    private Object neighbour(int at) {
        return at >= 0 && at < items.size() ? Values.of(items.get(at)) : Undefined.INSTANCE;
    }

    static @Nullable PyFunction method(String name) {
        return switch (name) {
            case "cycle" -> PyLoop::cycle;
            case "changed" -> PyLoop::changed;
            default -> null;
        };
    }

    private static PyLoop self(PyArguments arguments) throws JinjaRenderException {
        if (arguments.self() instanceof PyLoop loop && arguments.keywords.isEmpty()) {
            return loop;
        }
        throw new JinjaRenderException("arguments: keywords (expected: positional ones)");
    }

    private static List<Object> values(PyArguments arguments) {
        return List.copyOf(arguments.positional.subList(1, arguments.positional.size()));
    }

    private static Object cycle(PyArguments arguments) throws JinjaRenderException {
        List<Object> values = values(arguments);
        if (values.isEmpty()) {
            throw new JinjaRenderException("loop.cycle(): no arguments (expected: at least one)");
        }
        return values.get(self(arguments).index % values.size());
    }

    private static Object changed(PyArguments arguments) throws JinjaRenderException {
        PyLoop loop = self(arguments);
        List<Object> values = values(arguments);
        List<Object> last = loop.lastChanged;
        if (last != null && PyComparison.equal(arguments.render.budget, last, values)) {
            return false;
        }
        loop.lastChanged = values;
        return true;
    }

    @Override
    public Object call(Render render, Object[] arguments) throws JinjaRenderException {
        if (recursive == null || arguments.length != 1) {
            throw new JinjaRenderException("loop(): not in a recursive loop, or not one argument");
        }
        return recursive.recurse(render, arguments[0], depth + 1);
    }
}
