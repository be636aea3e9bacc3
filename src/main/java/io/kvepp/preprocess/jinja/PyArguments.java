package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The arguments of one call, to be bound to the names of a function's parameters.
///
/// Confined to one call.
final class PyArguments {
    final Render render;
    final List<Object> positional;
    final Keywords keywords;

    PyArguments(Render render, Object[] values) {
        this.render = render;
        int count = values.length;
        if (count > 0 && values[count - 1] instanceof Keywords last) {
            keywords = last;
            count--;
        } else {
            keywords = new Keywords();
        }
        positional = Arrays.asList(values).subList(0, count);
    }

    /// The value the function applies to.
    Object self() throws JinjaRenderException {
        if (positional.isEmpty()) {
            throw new JinjaRenderException("missing argument");
        }
        return positional.get(0);
    }

    /// The arguments by parameter, null where one is not given. The first `required` must be.
    @Nullable
    Object[] bind(int required, String... parameters) throws JinjaRenderException {
        @Nullable Object[] bound = new @Nullable Object[parameters.length];
        if (positional.size() > parameters.length) {
            throw new JinjaRenderException("too many arguments (expected: at most " + parameters.length + ")");
        }
        int used = 0;
        for (int i = 0; i < parameters.length; i++) {
            Object named = keywords.get(parameters[i]);
            used += named == null ? 0 : 1;
            boolean given = i < positional.size();
            if (given && named != null) {
                throw new JinjaRenderException("argument '" + parameters[i] + "' given twice");
            }
            bound[i] = given ? positional.get(i) : named;
            if (bound[i] == null && i < required) {
                throw new JinjaRenderException("missing argument '" + parameters[i] + "'");
            }
        }
        if (used < keywords.size()) {
            throw new JinjaRenderException("unknown keyword argument in " + keywords.keySet());
        }
        return bound;
    }

    /// The positional arguments, null where one is not given; keywords are refused.
    @Nullable
    Object[] positional(int required, int most) throws JinjaRenderException {
        if (!keywords.isEmpty() || positional.size() < required || positional.size() > most) {
            throw new JinjaRenderException(
                    "arguments: " + positional.size() + " (expected: " + required + " to " + most + ", no keywords)");
        }
        return Arrays.copyOf(positional.toArray(), most);
    }

    /// The text of a value that must be a string.
    static String string(@Nullable Object value) throws JinjaRenderException {
        return switch (value) {
            case String text -> text;
            case PyMarkup markup -> markup.text();
            case null -> throw new JinjaRenderException("argument: none (expected: a string)");
            default -> throw new JinjaRenderException("argument: " + Values.kind(value) + " (expected: a string)");
        };
    }

    /// As [#string]; null for None or an argument that is not given.
    static @Nullable String optionalString(@Nullable Object value) throws JinjaRenderException {
        return value == null || value == None.INSTANCE ? null : string(value);
    }

    static boolean isString(@Nullable Object value) {
        return value instanceof String || value instanceof PyMarkup;
    }

    /// The value of an index: an int or bool, as far as it fits.
    static long integer(@Nullable Object value) throws JinjaRenderException {
        return switch (value) {
            case Long number -> number;
            case Boolean flag -> flag ? 1 : 0;
            case BigInteger number -> number.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
            case null -> throw new JinjaRenderException("argument: none (expected: an integer)");
            default -> throw new JinjaRenderException("argument: " + Values.kind(value) + " (expected: an integer)");
        };
    }

    static long integer(@Nullable Object value, long standIn) throws JinjaRenderException {
        return value == null ? standIn : integer(value);
    }

    boolean flag(@Nullable Object value) {
        return value != null && render.dialect.truth(value);
    }
}
