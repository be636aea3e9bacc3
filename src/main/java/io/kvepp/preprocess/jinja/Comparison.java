package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Equality and the total order of values. Values of different kinds order by kind.
final class Comparison {
    private Comparison() {}

    static boolean equal(Budget budget, Object left, Object right) throws JinjaRenderException {
        return equal(budget, left, right, 0);
    }

    static int compare(Budget budget, Object left, Object right) throws JinjaRenderException {
        return compare(budget, left, right, 0);
    }

    /// `needle in haystack`.
    static boolean contains(Budget budget, Object haystack, Object needle) throws JinjaRenderException {
        if (haystack == Undefined.INSTANCE) {
            return false;
        }
        if (haystack instanceof String text) {
            budget.scan(text.length());
            return text.contains(Printer.display(budget, needle));
        }
        return switch (Values.kind(haystack)) {
            case MAP -> Values.item(haystack, needle) != null;
            case SEQUENCE, ITERABLE -> isElement(budget, Values.iterate(haystack), needle);
            case PLAIN -> false;
            case UNDEFINED, NONE, BOOLEAN, NUMBER, STRING ->
                throw new JinjaRenderException("cannot perform a containment check on " + Values.kind(haystack));
        };
    }

    private static boolean isElement(Budget budget, List<? extends @Nullable Object> list, Object needle)
            throws JinjaRenderException {
        budget.items(list.size());
        for (int i = 0; i < list.size(); i++) {
            if (equal(budget, Values.of(list.get(i)), needle)) {
                return true;
            }
        }
        return false;
    }

    @SuppressWarnings("ReferenceEquality") // the same object needs no walk
    private static boolean equal(Budget budget, Object left, Object right, int depth) throws JinjaRenderException {
        if (left instanceof String a) {
            if (!(right instanceof String b) || a.length() != b.length()) {
                return false;
            }
            budget.scan(a.length());
            return a.equals(b);
        }
        if (left == right) {
            return !(left instanceof Double number) || !number.isNaN();
        }
        if (Arithmetic.isNumeric(left)) {
            return Arithmetic.isNumeric(right) && equalNumbers(left, right);
        }
        Kind kind = Values.kind(left);
        Kind other = Values.kind(right);
        Budget.checkDepth(depth);
        if (kind == Kind.MAP && other == Kind.MAP) {
            return equalMaps(budget, left, right, depth);
        }
        return kind.isListLike()
                && other.isListLike()
                && equalLists(budget, Values.iterate(left), Values.iterate(right), depth);
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

    private static boolean equalMaps(Budget budget, Object left, Object right, int depth) throws JinjaRenderException {
        List<? extends @Nullable Object> keys = Values.iterate(left);
        if (keys.size() != Values.length(right)) {
            return false;
        }
        budget.steps(keys.size());
        for (Object key : keys) {
            Object wanted = Values.of(key);
            Object other = Values.item(right, wanted);
            if (other == null || !equal(budget, Values.of(Values.item(left, wanted)), other, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalNumbers(Object left, Object right) {
        if (left instanceof Double || right instanceof Double) {
            return Arithmetic.isExactDouble(left)
                    && Arithmetic.isExactDouble(right)
                    && Arithmetic.toDouble(left) == Arithmetic.toDouble(right);
        }
        return Arithmetic.toBigInteger(left).equals(Arithmetic.toBigInteger(right));
    }

    private static int compare(Budget budget, Object left, Object right, int depth) throws JinjaRenderException {
        Kind kind = Values.kind(left);
        int byKind = kind.compareTo(Values.kind(right));
        if (byKind != 0) {
            return byKind;
        }
        Budget.checkDepth(depth);
        return switch (kind) {
            case UNDEFINED, NONE, PLAIN -> 0;
            case BOOLEAN, NUMBER -> compareNumbers(left, right);
            case STRING -> compareText(budget, (String) left, (String) right);
            case SEQUENCE, ITERABLE -> compareLists(budget, Values.iterate(left), Values.iterate(right), depth);
            case MAP -> compareMaps(budget, left, right, depth);
        };
    }

    private static int compareNumbers(Object left, Object right) {
        if (left instanceof Long a && right instanceof Long b) {
            return Long.compare(a, b);
        }
        if (left instanceof Double || right instanceof Double) {
            double a = Arithmetic.toDouble(left);
            double b = Arithmetic.toDouble(right);
            if (a != b || !Double.isFinite(a)) {
                return a == b ? 0 : Double.compare(a, b);
            }
            return exact(left).compareTo(exact(right));
        }
        return Arithmetic.toBigInteger(left).compareTo(Arithmetic.toBigInteger(right));
    }

    private static BigDecimal exact(Object number) {
        return switch (number) {
            case Double value -> new BigDecimal(value);
            case BigInteger value -> new BigDecimal(value);
            default -> new BigDecimal(Arithmetic.toBigInteger(number));
        };
    }

    /// Order by code points, which differs from Java's own where surrogates meet U+E000 and above.
    static int compareText(Budget budget, String left, String right) throws JinjaRenderException {
        int length = Math.min(left.length(), right.length());
        budget.scan(length);
        for (int i = 0; i < length; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean bothOrNone = Character.isSurrogate(a) == Character.isSurrogate(b);
                return bothOrNone ? Character.compare(a, b) : Character.isSurrogate(a) ? 1 : -1;
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    private static int compareLists(
            Budget budget, List<? extends @Nullable Object> left, List<? extends @Nullable Object> right, int depth)
            throws JinjaRenderException {
        int length = Math.min(left.size(), right.size());
        budget.steps(length);
        for (int i = 0; i < length; i++) {
            int order = compare(budget, Values.of(left.get(i)), Values.of(right.get(i)), depth + 1);
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(left.size(), right.size());
    }

    private static int compareMaps(Budget budget, Object left, Object right, int depth) throws JinjaRenderException {
        List<? extends @Nullable Object> leftKeys = Values.iterate(left);
        List<? extends @Nullable Object> rightKeys = Values.iterate(right);
        int length = Math.min(leftKeys.size(), rightKeys.size());
        budget.steps(length);
        for (int i = 0; i < length; i++) {
            Object a = Values.of(leftKeys.get(i));
            Object b = Values.of(rightKeys.get(i));
            int order = compare(budget, a, b, depth + 1);
            if (order == 0) {
                order = compare(budget, Values.of(Values.item(left, a)), Values.of(Values.item(right, b)), depth + 1);
            }
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(leftKeys.size(), rightKeys.size());
    }
}
