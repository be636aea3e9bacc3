package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the arguments of a call one after the other, converting each to what the callee wants.
///
/// A callee that takes keywords calls [#withKeywords] first; for any other one, keywords are one
/// more positional argument, a map.
///
/// Confined to one call.
final class Arguments {
    private final Budget budget;
    private final Object[] values;
    private int end;
    private int next;
    private @Nullable Keywords keywords;
    private int keywordsUsed;

    Arguments(Budget budget, Object[] values) {
        this.budget = budget;
        this.values = values;
        this.end = values.length;
    }

    Arguments withKeywords() {
        if (end > 0 && values[end - 1] instanceof Keywords last) {
            keywords = last;
            end--;
        }
        return this;
    }

    /// True when a positional argument is left.
    boolean hasNext() {
        return next < end;
    }

    Object value() throws JinjaRenderException {
        if (next >= end) {
            throw new JinjaRenderException("missing argument");
        }
        return values[next++];
    }

    /// The next argument, or `null` when it is missing, undefined or None.
    @Nullable
    Object optional() {
        Object value = next < end ? values[next++] : Undefined.INSTANCE;
        return value == Undefined.INSTANCE || value == None.INSTANCE ? null : value;
    }

    /// The next argument as text, whatever it is.
    String text() throws JinjaRenderException {
        return toText(value());
    }

    @Nullable
    String optionalText() throws JinjaRenderException {
        Object value = optional();
        return value == null ? null : toText(value);
    }

    private String toText(Object value) throws JinjaRenderException {
        if (value instanceof Keywords) {
            throw new JinjaRenderException("cannot convert keyword arguments to a string");
        }
        return Printer.display(budget, value);
    }

    /// The next argument, which must be a string.
    String string() throws JinjaRenderException {
        return toString(value());
    }

    @Nullable
    String optionalString() throws JinjaRenderException {
        Object value = optional();
        return value == null ? null : toString(value);
    }

    static String toString(Object value) throws JinjaRenderException {
        if (value instanceof String text) {
            return text;
        }
        throw new JinjaRenderException("argument: " + Values.kind(value) + " (expected: string)");
    }

    @Nullable
    Long optionalInteger() throws JinjaRenderException {
        Object value = optional();
        return value == null ? null : (Long) toInteger(value);
    }

    long integer() throws JinjaRenderException {
        return toInteger(value());
    }

    static long toInteger(Object value) throws JinjaRenderException {
        Long exact = exactInteger(value);
        if (exact == null) {
            throw new JinjaRenderException("cannot convert " + Values.kind(value) + " to integer");
        }
        return exact;
    }

    /// The integer a value stands for, or `null`: integers, booleans and whole floats do.
    static @Nullable Long exactInteger(Object value) {
        return switch (value) {
            case Long number -> number;
            case Boolean flag -> flag ? 1L : 0L;
            case Double number when number == number.longValue() -> number.longValue();
            default -> null;
        };
    }

    @Nullable
    Boolean optionalFlag() throws JinjaRenderException {
        return toFlag(optional());
    }

    private static @Nullable Boolean toFlag(@Nullable Object value) throws JinjaRenderException {
        return switch (value) {
            case null -> null;
            case Undefined _, None _ -> null;
            case Boolean flag -> flag;
            default -> throw new JinjaRenderException("cannot convert " + Values.kind(value) + " to bool");
        };
    }

    /// All arguments not read yet.
    List<Object> rest() {
        List<Object> rest = new ArrayList<>(Arrays.asList(values).subList(next, end));
        next = end;
        return rest;
    }

    /// The keyword argument of that name, or `null` when it is missing, undefined or None.
    @Nullable
    Object keyword(String name) {
        Object value = keywords == null ? null : keywords.get(name);
        if (value != null) {
            keywordsUsed++;
        }
        return value == Undefined.INSTANCE || value == None.INSTANCE ? null : value;
    }

    boolean keywordFlag(String name) throws JinjaRenderException {
        return Boolean.TRUE.equals(toFlag(keyword(name)));
    }

    @Nullable
    String keywordString(String name) throws JinjaRenderException {
        Object value = keyword(name);
        return value == null ? null : toString(value);
    }

    @Nullable
    Keywords keywords() {
        keywordsUsed = keywords == null ? 0 : keywords.size();
        return keywords;
    }

    /// Refuses arguments that nobody read.
    void end() throws JinjaRenderException {
        if (next < end) {
            throw new JinjaRenderException("too many arguments");
        }
        if (keywords != null && keywordsUsed < keywords.size()) {
            throw new JinjaRenderException("unknown keyword argument in " + keywords.keySet());
        }
    }

    /// Calls a function of the context, for which None is `null` again.
    static Object callFunction(JinjaFunction function, Object[] arguments) throws JinjaRenderException {
        List<@Nullable Object> positional = new ArrayList<>();
        Map<String, @Nullable Object> named = new LinkedHashMap<>();
        for (Object argument : arguments) {
            if (argument instanceof Keywords keywords) {
                keywords.forEach((key, value) -> named.put(key.toString(), outside(value)));
            } else {
                positional.add(outside(argument));
            }
        }
        return Values.of(function.call(positional, named));
    }

    private static @Nullable Object outside(Object value) {
        return switch (value) {
            case None _ -> null;
            case View view -> view.items();
            case BigInteger number -> number;
            default -> value;
        };
    }
}
