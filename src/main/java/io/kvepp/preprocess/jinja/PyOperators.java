package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The operators that Python also has for text and sequences.
final class PyOperators {
    private PyOperators() {}

    static Object add(Budget budget, Object left, Object right) throws JinjaRenderException {
        if (left instanceof String a && right instanceof String b) {
            budget.build((long) a.length() + b.length());
            return a.concat(b);
        }
        if (PyArguments.isString(left) && PyArguments.isString(right)) {
            // Marked text escapes what it is added to.
            return new PyMarkup(PyMarkup.escape(budget, left).text()
                    + PyMarkup.escape(budget, right).text());
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return both(budget, a, b);
        }
        if (left instanceof PyTuple a && right instanceof PyTuple b) {
            return new PyTuple(both(budget, a.items(), b.items()));
        }
        return PyNumbers.add(left, right);
    }

    private static List<Object> both(
            Budget budget, List<? extends @Nullable Object> left, List<? extends @Nullable Object> right)
            throws JinjaRenderException {
        budget.items((long) left.size() + right.size());
        List<Object> both = new ArrayList<>(left.size() + right.size());
        left.forEach(item -> both.add(Values.of(item)));
        right.forEach(item -> both.add(Values.of(item)));
        return both;
    }

    static Object multiply(Budget budget, Object left, Object right) throws JinjaRenderException {
        if (isRepeatable(left) && PyNumbers.isInteger(right)) {
            return repeated(budget, left, PyArguments.integer(right));
        }
        if (isRepeatable(right) && PyNumbers.isInteger(left)) {
            return repeated(budget, right, PyArguments.integer(left));
        }
        return PyNumbers.multiply(left, right);
    }

    private static boolean isRepeatable(Object value) {
        return PyArguments.isString(value) || value instanceof List || value instanceof PyTuple;
    }

    private static Object repeated(Budget budget, Object value, long times) throws JinjaRenderException {
        long count = Math.clamp(times, 0, Integer.MAX_VALUE);
        return switch (value) {
            case String text -> repeated(budget, text, count);
            case PyMarkup markup -> new PyMarkup(repeated(budget, markup.text(), count));
            case PyTuple tuple -> new PyTuple(repeated(budget, tuple.items(), count));
            case List<?> list -> repeated(budget, list, count);
            default -> throw PyNumbers.unsupported("*", value, times);
        };
    }

    private static String repeated(Budget budget, String text, long count) throws JinjaRenderException {
        budget.build(text.length() * count);
        return text.isEmpty() ? "" : text.repeat((int) count);
    }

    private static List<Object> repeated(Budget budget, List<? extends @Nullable Object> list, long count)
            throws JinjaRenderException {
        budget.steps(list.size() * count);
        List<Object> repeated = new ArrayList<>();
        for (long i = 0; i < count && !list.isEmpty(); i++) {
            list.forEach(item -> repeated.add(Values.of(item)));
        }
        return repeated;
    }

    /// `%`, which formats when the left side is text.
    static Object remainder(Budget budget, Object left, Object right) throws JinjaRenderException {
        return switch (left) {
            case String text -> PyPercentFormat.format(budget, text, right);
            case PyMarkup markup -> new PyMarkup(PyPercentFormat.formatMarked(budget, markup.text(), right));
            default -> PyNumbers.remainder(left, right);
        };
    }
}
