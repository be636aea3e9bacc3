package io.kvepp.preprocess.jinja;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Equality, order and membership of Python's values.
final class PyComparison {
    private PyComparison() {}

    static boolean test(Render render, Operators.CompareOp op, Object left, Object right) throws JinjaRenderException {
        return switch (op) {
            case EQ -> equal(render.budget, left, right);
            case NE -> !equal(render.budget, left, right);
            case LT, LE, GT, GE -> ordered(render.budget, op, left, right);
            case IN -> contains(render, right, left);
            case NOT_IN -> !contains(render, right, left);
        };
    }

    private static boolean ordered(Budget budget, Operators.CompareOp op, Object left, Object right)
            throws JinjaRenderException {
        boolean notANumber = (left instanceof Double a && a.isNaN()) || (right instanceof Double b && b.isNaN());
        if (notANumber && PyNumbers.isNumber(left) && PyNumbers.isNumber(right)) {
            return false;
        }
        int order = compare(budget, left, right);
        return switch (op) {
            case LT -> order < 0;
            case LE -> order <= 0;
            case GT -> order > 0;
            default -> order >= 0;
        };
    }

    static boolean equal(Budget budget, Object left, Object right) throws JinjaRenderException {
        return equal(budget, left, right, 0);
    }

    @SuppressWarnings("ReferenceEquality") // what else a value may be is equal to itself only
    private static boolean equal(Budget budget, Object left, Object right, int depth) throws JinjaRenderException {
        Budget.checkDepth(depth);
        if (PyNumbers.isNumber(left) && PyNumbers.isNumber(right)) {
            return PyNumbers.equal(left, right);
        }
        if (PyArguments.isString(left) && PyArguments.isString(right)) {
            String text = PyArguments.string(left);
            budget.scan(text.length());
            return text.equals(PyArguments.string(right));
        }
        return switch (left) {
            case List<?> a when right instanceof List<?> b -> equalLists(budget, a, b, depth);
            case PyTuple a when right instanceof PyTuple b -> equalLists(budget, a.items(), b.items(), depth);
            case Map<?, ?> a when right instanceof Map<?, ?> b -> equalMaps(budget, a, b, depth);
            case PyRange a when right instanceof PyRange b -> a.items().equals(b.items());
            case PyView a
            when right instanceof PyView b && a.kind() == b.kind() && a.kind() != PyView.Kind.VALUES ->
                a.kind() == PyView.Kind.ITEMS
                        ? equalMaps(budget, a.map(), b.map(), depth)
                        : a.map().keySet().equals(b.map().keySet());
            case Undefined _ -> right instanceof Undefined;
            default -> left == right;
        };
    }

    private static boolean equalLists(
            Budget budget, List<? extends @Nullable Object> left, List<? extends @Nullable Object> right, int depth)
            throws JinjaRenderException {
        if (left.size() != right.size()) {
            return false;
        }
        budget.steps(left.size());
        for (int i = 0; i < left.size(); i++) {
            if (!equal(budget, Values.of(left.get(i)), Values.of(right.get(i)), depth + 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalMaps(Budget budget, Map<?, ?> left, Map<?, ?> right, int depth)
            throws JinjaRenderException {
        if (left.size() != right.size()) {
            return false;
        }
        budget.steps(left.size());
        for (Map.Entry<?, ?> entry : left.entrySet()) {
            Object other = PyDicts.get(right, Values.of(entry.getKey()));
            if (other == null || !equal(budget, Values.of(entry.getValue()), other, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    /// The order of two values; values that have none are an error.
    static int compare(Budget budget, Object left, Object right) throws JinjaRenderException {
        if (PyNumbers.isNumber(left) && PyNumbers.isNumber(right)) {
            return PyNumbers.compare(left, right);
        }
        if (PyArguments.isString(left) && PyArguments.isString(right)) {
            return Comparison.compareText(budget, PyArguments.string(left), PyArguments.string(right));
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return compareLists(budget, a, b);
        }
        if (left instanceof PyTuple a && right instanceof PyTuple b) {
            return compareLists(budget, a.items(), b.items());
        }
        throw new JinjaRenderException(
                "no order between " + Values.kind(left) + " and " + Values.kind(right) + " (expected: like values)");
    }

    private static int compareLists(
            Budget budget, List<? extends @Nullable Object> left, List<? extends @Nullable Object> right)
            throws JinjaRenderException {
        int length = Math.min(left.size(), right.size());
        budget.steps(length);
        for (int i = 0; i < length; i++) {
            Object a = Values.of(left.get(i));
            Object b = Values.of(right.get(i));
            if (!equal(budget, a, b)) {
                return compare(budget, a, b);
            }
        }
        return Integer.compare(left.size(), right.size());
    }

    /// `needle in haystack`.
    static boolean contains(Render render, Object haystack, Object needle) throws JinjaRenderException {
        return switch (haystack) {
            case String text -> isPart(render, text, needle);
            case PyMarkup markup -> isPart(render, markup.text(), needle);
            case Map<?, ?> map -> {
                PyDicts.checkHashable(needle);
                yield PyDicts.get(map, needle) != null;
            }
            default -> isElement(render, haystack, needle);
        };
    }

    private static boolean isPart(Render render, String text, Object needle) throws JinjaRenderException {
        render.budget.scan(text.length());
        return text.contains(PyArguments.string(needle));
    }

    @SuppressWarnings("ReferenceEquality") // NaN is in a list that holds the very same one
    private static boolean isElement(Render render, Object haystack, Object needle) throws JinjaRenderException {
        PyIterator items = PySequences.iterator(render, haystack);
        while (items.hasNext()) {
            Object item = items.next();
            if (item == needle || equal(render.budget, item, needle)) {
                return true;
            }
        }
        return false;
    }

    /// Sorts as `sorted` does: stable, also when reversed.
    static void sort(Budget budget, List<Sortable> values, boolean reverse) throws JinjaRenderException {
        budget.items(values.size() * 16L);
        Comparator<Sortable> byKey = (left, right) -> {
            try {
                return compare(budget, left.key(), right.key());
            } catch (JinjaRenderException failure) {
                throw new Unordered(failure);
            }
        };
        try {
            values.sort(reverse ? byKey.reversed() : byKey);
        } catch (Unordered unordered) {
            throw unordered.failure;
        }
    }

    /// A value and what it is sorted by.
    record Sortable(Object key, Object value) {}

    /// Carries a failure out of a sort.
    private static final class Unordered extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient JinjaRenderException failure;

        Unordered(JinjaRenderException failure) {
            super(failure);
            this.failure = failure;
        }
    }
}
