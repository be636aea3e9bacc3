package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A macro of jinja2, or the `caller` of a call block; it sees the names around its declaration as
/// they are when it is called.
///
/// Confined to one render.
record PyMacro(PyStatements.Definition definition, Frame around) implements Callable {
    @Override
    public Object call(Render render, Object[] values) throws JinjaRenderException {
        PyArguments arguments = new PyArguments(render, values);
        List<Object> positional = arguments.positional;
        Keywords keywords = new Keywords();
        keywords.putAll(arguments.keywords);
        List<Macros.Parameter> parameters = definition.parameters();
        @Nullable Object[] bound = new @Nullable Object[parameters.size()];
        for (int i = 0; i < bound.length; i++) {
            bound[i] = i < positional.size()
                    ? positional.get(i)
                    : keywords.remove(parameters.get(i).text());
        }
        Object caller = null;
        if (definition.takesCaller()) {
            Object given = keywords.remove("caller");
            caller = given == null || given == None.INSTANCE ? Undefined.INSTANCE : given;
        }
        if (!keywords.isEmpty() && !definition.takesKeywords()) {
            throw new JinjaRenderException(
                    "macro " + definition.name() + ": unknown keyword argument in " + keywords.keySet());
        }
        if (positional.size() > bound.length && !definition.takesRest()) {
            throw new JinjaRenderException("macro " + definition.name() + ": too many arguments");
        }
        List<Object> rest = positional.size() > bound.length
                ? List.copyOf(positional.subList(bound.length, positional.size()))
                : List.of();
        return definition.run(render, around, new Given(bound, caller, keywords, new PyTuple(rest)));
    }

    /// What a call gives a macro: arguments (`null` where there is none), caller, and what is over.
    record Given(@Nullable Object[] bound, @Nullable Object caller, Keywords keywords, PyTuple rest) {}

    @Nullable
    Object get(String attribute) {
        return switch (attribute) {
            case "name" -> definition.name() == null ? None.INSTANCE : definition.name();
            case "arguments" ->
                new PyTuple(definition.parameters().stream()
                        .map(Macros.Parameter::text)
                        .toList());
            case "caller" -> definition.takesCaller();
            case "catch_kwargs" -> definition.takesKeywords();
            case "catch_varargs" -> definition.takesRest();
            default -> null;
        };
    }

    String label() {
        return definition.name() == null ? "<Macro anonymous>" : "<Macro '" + definition.name() + "'>";
    }
}
