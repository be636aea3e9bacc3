package io.kvepp.preprocess.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Attributes and items as the sandbox gives them out: nothing that begins with an underscore, and
/// no method that changes a list or map.
final class PyAccess {
    private PyAccess() {}

    /// `owner.name`: an attribute, else an item.
    static Object attribute(Object owner, String name) throws JinjaRenderException {
        Object found = own(owner, name);
        if (found == null && !name.equals("__class__")) {
            checkDefined(owner, name);
            found = owner instanceof Map<?, ?> map ? PyDicts.get(map, name) : null;
        }
        return found == null ? Undefined.INSTANCE : found;
    }

    /// An attribute and nothing else.
    static Object attributeOnly(Object owner, String name) {
        Object found = own(owner, name);
        return found == null ? Undefined.INSTANCE : found;
    }

    /// `owner[key]`: an item, else an attribute.
    static Object item(Render render, Object owner, Object key) throws JinjaRenderException {
        checkDefined(owner, key);
        Object found = subscript(render, owner, key);
        if (found == null && PyArguments.isString(key)) {
            found = own(owner, PyArguments.string(key));
        }
        return found == null ? Undefined.INSTANCE : found;
    }

    private static void checkDefined(Object owner, Object key) throws JinjaRenderException {
        if (owner == Undefined.INSTANCE) {
            throw new JinjaRenderException("undefined value: no attribute or item '" + Printer.name(key) + "'");
        }
    }

    private static @Nullable Object subscript(Render render, Object owner, Object key) throws JinjaRenderException {
        if (owner instanceof Map<?, ?> map) {
            return key instanceof Map || key instanceof List ? null : PyDicts.get(map, key);
        }
        if (!(key instanceof Long) && !(key instanceof Boolean)) {
            return null;
        }
        long index = PyArguments.integer(key);
        return switch (owner) {
            case List<?> list -> at(list, index);
            case PyTuple tuple -> at(tuple.items(), index);
            case PyRange range -> at(range.items(), index);
            case String text -> codePoint(render, text, index);
            case PyMarkup markup -> {
                String one = codePoint(render, markup.text(), index);
                yield one == null ? null : new PyMarkup(one);
            }
            default -> null;
        };
    }

    private static @Nullable Object at(List<? extends @Nullable Object> list, long index) {
        long place = index < 0 ? index + list.size() : index;
        return place < 0 || place >= list.size() ? null : Values.of(list.get((int) place));
    }

    private static @Nullable String codePoint(Render render, String text, long index) throws JinjaRenderException {
        render.budget.scan(text.length());
        int count = text.codePointCount(0, text.length());
        long place = index < 0 ? index + count : index;
        if (place < 0 || place >= count) {
            return null;
        }
        int from = text.offsetByCodePoints(0, (int) place);
        return text.substring(from, text.offsetByCodePoints(from, 1));
    }

    /// An attribute of the value's type, or `null`.
    private static @Nullable Object own(Object owner, String name) {
        if (name.startsWith("_")) {
            return owner instanceof Namespace namespace ? namespace.get(name) : null;
        }
        Object property = property(owner, name);
        if (property != null) {
            return property;
        }
        PyFunction method = method(owner, name);
        return method == null ? null : new PyMethod(owner, name, method);
    }

    private static @Nullable Object property(Object owner, String name) {
        return switch (owner) {
            case Namespace namespace -> namespace.get(name);
            case PyLoop loop -> loop.get(name);
            case PyMacro macro -> macro.get(name);
            case PyRange range ->
                switch (name) {
                    case "start" -> range.start();
                    case "stop" -> range.stop();
                    case "step" -> range.step();
                    default -> null;
                };
            case PyTuple tuple -> tuple.get(name);
            case PyCycler cycler when name.equals("current") -> cycler.current();
            case Long _, Boolean _, Double _ ->
                switch (name) {
                    case "real" -> owner instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : owner;
                    case "imag" -> owner instanceof Double ? (Object) 0.0 : (Object) 0L;
                    case "numerator" ->
                        owner instanceof Double ? null : PyNumbers.big(owner).longValue();
                    case "denominator" -> owner instanceof Double ? null : 1L;
                    default -> null;
                };
            default -> null;
        };
    }

    /// The method of that name that a template may call, or `null`.
    static @Nullable PyFunction method(Object owner, String name) {
        return switch (owner) {
            case String _, PyMarkup _ -> PyStringMethods.get(name);
            case List<?> _ -> name.equals("copy") ? PyMethods.COPY_LIST : PyMethods.ofSequence(name);
            case PyTuple _, PyRange _ -> PyMethods.ofSequence(name);
            case Map<?, ?> _ -> PyMethods.ofDict(name);
            case Double _ -> name.equals("is_integer") ? PyMethods.IS_INTEGER : null;
            case Long _, Boolean _ -> name.equals("bit_length") ? PyMethods.BIT_LENGTH : null;
            case PyLoop _ -> PyLoop.method(name);
            case PyCycler _ -> PyCycler.method(name);
            default -> null;
        };
    }
}
