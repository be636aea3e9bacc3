package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The arithmetic operators. Integers are exact up to 128 bits with sign; beyond, an operation is
/// an error. `//` and `%` on integers are Euclidean: the remainder is never negative.
final class Arithmetic {
    private static final int INTEGER_BITS_MAX = 127;
    private static final int REPEATED_CHARS_MAX = 100_000_000;

    private Arithmetic() {}

    static boolean isNumeric(Object value) {
        return value instanceof Long
                || value instanceof Double
                || value instanceof Boolean
                || value instanceof BigInteger;
    }

    static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof BigInteger;
    }

    static double toDouble(Object number) {
        return switch (number) {
            case Double value -> value;
            case Boolean flag -> flag ? 1 : 0;
            case BigInteger value -> value.doubleValue();
            case Long value -> (double) value;
            default -> throw new IllegalArgumentException("number: " + number + " (expected: a number)");
        };
    }

    static BigInteger toBigInteger(Object integer) {
        return switch (integer) {
            case Long value -> BigInteger.valueOf(value);
            case Boolean flag -> flag ? BigInteger.ONE : BigInteger.ZERO;
            case BigInteger value -> value;
            default -> throw new IllegalArgumentException("integer: " + integer + " (expected: an integer)");
        };
    }

    /// True when the number survives the way to a double and back.
    static boolean isExactDouble(Object number) {
        return switch (number) {
            case Long value -> (long) (double) value == value;
            case BigInteger value ->
                Double.isFinite(value.doubleValue())
                        && new BigDecimal(value.doubleValue()).toBigInteger().equals(value);
            default -> true;
        };
    }

    static Object add(Budget budget, Object left, Object right) throws JinjaRenderException {
        if (left instanceof String a && right instanceof String b) {
            budget.build((long) a.length() + b.length());
            return a.concat(b);
        }
        if (Values.kind(left).isListLike() && Values.kind(right).isListLike()) {
            return concat(budget, left, right);
        }
        if (left instanceof Long a && right instanceof Long b) {
            long sum = a + b;
            return ((a ^ sum) & (b ^ sum)) < 0
                    ? integer(toBigInteger(left).add(toBigInteger(right)), "+")
                    : (Object) sum;
        }
        return isFloat(left, right, "+")
                ? toDouble(left) + toDouble(right)
                : integer(toBigInteger(left).add(toBigInteger(right)), "+");
    }

    private static Object concat(Budget budget, Object left, Object right) throws JinjaRenderException {
        List<? extends @Nullable Object> first = Values.iterate(left);
        List<? extends @Nullable Object> second = Values.iterate(right);
        budget.items((long) first.size() + second.size());
        List<@Nullable Object> both = new ArrayList<>(first.size() + second.size());
        both.addAll(first);
        both.addAll(second);
        return new View(both);
    }

    static Object subtract(Object left, Object right) throws JinjaRenderException {
        if (left instanceof Long a && right instanceof Long b) {
            long difference = a - b;
            if (((a ^ b) & (a ^ difference)) >= 0) {
                return difference;
            }
        }
        return isFloat(left, right, "-")
                ? toDouble(left) - toDouble(right)
                : integer(toBigInteger(left).subtract(toBigInteger(right)), "-");
    }

    static Object multiply(Budget budget, Object left, Object right) throws JinjaRenderException {
        if (left instanceof String text) {
            return repeat(budget, text, right);
        }
        if (right instanceof String text) {
            return repeat(budget, text, left);
        }
        if (Values.kind(left).isListLike()) {
            return repeat(budget, Values.iterate(left), right);
        }
        if (Values.kind(right).isListLike()) {
            return repeat(budget, Values.iterate(right), left);
        }
        return isFloat(left, right, "*")
                ? toDouble(left) * toDouble(right)
                : integer(toBigInteger(left).multiply(toBigInteger(right)), "*");
    }

    private static Object repeat(Budget budget, String text, Object times) throws JinjaRenderException {
        long count = count(times, "strings");
        if (!text.isEmpty() && count > REPEATED_CHARS_MAX / text.length()) {
            throw new JinjaRenderException("repeated string is too large");
        }
        budget.build(text.length() * count);
        return text.isEmpty() ? "" : text.repeat((int) count);
    }

    private static Object repeat(Budget budget, List<? extends @Nullable Object> list, Object times)
            throws JinjaRenderException {
        long count = count(times, "sequences and iterables");
        if (list.isEmpty()) {
            return new View(List.of());
        }
        budget.steps(Math.min(count, Integer.MAX_VALUE) * list.size());
        List<@Nullable Object> repeated = new ArrayList<>((int) count * list.size());
        for (long i = 0; i < count; i++) {
            repeated.addAll(list);
        }
        return new View(repeated);
    }

    private static long count(Object times, String what) throws JinjaRenderException {
        Long count = Arguments.exactInteger(times);
        if (count == null || count < 0) {
            throw new JinjaRenderException(what + " can only be multiplied with integers");
        }
        return count;
    }

    static Object divide(Object left, Object right) throws JinjaRenderException {
        if (!isNumeric(left) || !isNumeric(right)) {
            throw impossible("/", left, right);
        }
        return toDouble(left) / toDouble(right);
    }

    static Object floorDivide(Object left, Object right) throws JinjaRenderException {
        if (isFloat(left, right, "//")) {
            double divisor = toDouble(right);
            double quotient = toDouble(left) / divisor;
            double whole = quotient < 0 ? Math.ceil(quotient) : Math.floor(quotient);
            if (toDouble(left) % divisor < 0) {
                return divisor > 0 ? whole - 1 : whole + 1;
            }
            return whole;
        }
        BigInteger a = toBigInteger(left);
        BigInteger b = nonZero(right, "//");
        return integer(a.subtract(euclideanRemainder(a, b)).divide(b), "//");
    }

    static Object remainder(Object left, Object right) throws JinjaRenderException {
        if (isFloat(left, right, "%")) {
            return toDouble(left) % toDouble(right);
        }
        return integer(euclideanRemainder(toBigInteger(left), nonZero(right, "%")), "%");
    }

    private static BigInteger euclideanRemainder(BigInteger a, BigInteger b) {
        return a.mod(b.abs());
    }

    private static BigInteger nonZero(Object divisor, String operator) throws JinjaRenderException {
        BigInteger value = toBigInteger(divisor);
        if (value.signum() == 0) {
            throw new JinjaRenderException("unable to calculate " + operator + " by zero");
        }
        return value;
    }

    static Object power(Object left, Object right) throws JinjaRenderException {
        if (isFloat(left, right, "**")) {
            return Math.pow(toDouble(left), toDouble(right));
        }
        BigInteger base = toBigInteger(left);
        BigInteger exponent = toBigInteger(right);
        if (exponent.signum() < 0 || exponent.bitLength() > Integer.SIZE) {
            throw tooLarge("**");
        }
        if (base.abs().compareTo(BigInteger.ONE) <= 0) {
            boolean positive = base.signum() > 0 || !exponent.testBit(0);
            return base.signum() == 0 ? (Object) (exponent.signum() == 0 ? 1L : 0L) : (Object) (positive ? 1L : -1L);
        }
        if (exponent.intValue() > INTEGER_BITS_MAX || exponent.bitLength() >= Integer.SIZE) {
            throw tooLarge("**");
        }
        return integer(base.pow(exponent.intValue()), "**");
    }

    static Object negate(Object value) throws JinjaRenderException {
        return switch (value) {
            case Double number -> -number;
            case Long number when number != Long.MIN_VALUE -> -number;
            case Long number -> BigInteger.valueOf(number).negate();
            case BigInteger number -> integer(number.negate(), "-");
            default -> throw new JinjaRenderException("cannot negate " + Values.kind(value));
        };
    }

    private static boolean isFloat(Object left, Object right, String operator) throws JinjaRenderException {
        if (!isNumeric(left) || !isNumeric(right)) {
            throw impossible(operator, left, right);
        }
        return left instanceof Double || right instanceof Double;
    }

    private static Object integer(BigInteger value, String operator) throws JinjaRenderException {
        if (value.bitLength() > INTEGER_BITS_MAX) {
            throw tooLarge(operator);
        }
        return Values.narrow(value);
    }

    private static JinjaRenderException tooLarge(String operator) {
        return new JinjaRenderException("operator " + operator + ": result is no integer of 128 bits");
    }

    private static JinjaRenderException impossible(String operator, Object left, Object right) {
        return new JinjaRenderException("tried to use " + operator + " operator on unsupported types "
                + Values.kind(left) + " and " + Values.kind(right));
    }
}
