package io.kvepp.preprocess.jinja;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A macro, or the `caller` of a call block, with the names it encloses.
///
/// Confined to one render.
record MacroValue(Macros.Definition definition, @Nullable Scope enclosed) implements Composite, Callable {
    private static final List<Object> ATTRIBUTES = List.of("name", "arguments", "caller");

    @Override
    public Object call(Render render, Object[] arguments) throws JinjaRenderException {
        int count = arguments.length;
        Keywords keywords = null;
        if (count > 0 && arguments[count - 1] instanceof Keywords last) {
            keywords = last;
            count--;
        }
        List<String> parameters = definition.parameters();
        if (count > parameters.size()) {
            throw new JinjaRenderException("macro " + definition.name() + ": too many arguments");
        }
        Object[] values = new Object[parameters.size()];
        Set<Object> used = new HashSet<>();
        for (int i = 0; i < values.length; i++) {
            Object named = keywords == null ? null : keywords.get(parameters.get(i));
            if (i < count && named != null) {
                throw new JinjaRenderException("duplicate argument '" + parameters.get(i) + "'");
            }
            values[i] = i < count ? arguments[i] : named == null ? Undefined.INSTANCE : named;
            used.add(parameters.get(i));
        }
        return render.callMacro(this, values, caller(keywords, used));
    }

    private @Nullable Object caller(@Nullable Keywords keywords, Set<Object> used) throws JinjaRenderException {
        if (definition.usesCaller()) {
            used.add("caller");
        }
        if (keywords != null) {
            for (Object key : keywords.keySet()) {
                if (key instanceof String && !used.contains(key)) {
                    throw new JinjaRenderException("unknown keyword argument '" + key + "'");
                }
            }
        }
        if (!definition.usesCaller()) {
            return null;
        }
        Object caller = keywords == null ? null : keywords.get("caller");
        return caller == null ? Undefined.INSTANCE : caller;
    }

    @Override
    public Kind kind() {
        return Kind.MAP;
    }

    @Override
    public @Nullable Object get(Object key) {
        if (!(key instanceof String attribute)) {
            return null;
        }
        return switch (attribute) {
            case "name" -> definition.name();
            case "arguments" -> definition.parameters();
            case "caller" -> definition.usesCaller();
            default -> null;
        };
    }

    @Override
    public List<Object> elements() {
        return ATTRIBUTES;
    }

    @Override
    public String label() {
        return "<macro " + definition.name() + ">";
    }
}
