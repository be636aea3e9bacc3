package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/// Arithmetic on Python's ints, bools and floats. Integers are exact, up to a size.
final class PyNumbers {
    private static final int INTEGER_BITS_MAX = 1 << 16;
    private static final long EXACT_DOUBLE_MAX = 1L << 53;
    private static final MathContext QUOTIENT = new MathContext(60);

    private PyNumbers() {}

    static boolean isNumber(@Nullable Object value) {
        return isInteger(value) || value instanceof Double;
    }

    /// Ints, of which bools are some.
    static boolean isInteger(@Nullable Object value) {
        return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
    }

    static BigInteger big(Object integer) {
        return Arithmetic.toBigInteger(integer);
    }

    static double toDouble(Object number) throws JinjaRenderException {
        double value = Arithmetic.toDouble(number);
        if (Double.isInfinite(value) && number instanceof BigInteger) {
            throw new JinjaRenderException("integer: too large for a float");
        }
        return value;
    }

    static Object integer(BigInteger value) throws JinjaRenderException {
        if (value.bitLength() > INTEGER_BITS_MAX) {
            throw JinjaRenderException.limit("integer: too large (expected: at most " + INTEGER_BITS_MAX + " bits)");
        }
        return Values.narrow(value);
    }

    private static boolean areIntegers(Object left, Object right, String operator) throws JinjaRenderException {
        if (!isNumber(left) || !isNumber(right)) {
            throw unsupported(operator, left, right);
        }
        return !(left instanceof Double) && !(right instanceof Double);
    }

    static JinjaRenderException unsupported(String operator, Object left, Object right) {
        return new JinjaRenderException(
                "unsupported operands for " + operator + ": " + Values.kind(left) + " and " + Values.kind(right));
    }

    static Object add(Object left, Object right) throws JinjaRenderException {
        return areIntegers(left, right, "+") ? integer(big(left).add(big(right))) : toDouble(left) + toDouble(right);
    }

    static Object subtract(Object left, Object right) throws JinjaRenderException {
        return areIntegers(left, right, "-")
                ? integer(big(left).subtract(big(right)))
                : toDouble(left) - toDouble(right);
    }

    static Object multiply(Object left, Object right) throws JinjaRenderException {
        return areIntegers(left, right, "*")
                ? integer(big(left).multiply(big(right)))
                : toDouble(left) * toDouble(right);
    }

    static Object divide(Object left, Object right) throws JinjaRenderException {
        boolean integers = areIntegers(left, right, "/");
        checkDivisor(right);
        if (!integers) {
            return toDouble(left) / toDouble(right);
        }
        BigInteger a = big(left);
        BigInteger b = big(right);
        if (isExact(a) && isExact(b)) {
            return a.doubleValue() / b.doubleValue();
        }
        double quotient = new BigDecimal(a).divide(new BigDecimal(b), QUOTIENT).doubleValue();
        if (Double.isInfinite(quotient)) {
            throw new JinjaRenderException("integer division result too large for a float");
        }
        return quotient;
    }

    private static boolean isExact(BigInteger value) {
        return value.bitLength() < Long.SIZE && Math.abs(value.longValue()) <= EXACT_DOUBLE_MAX;
    }

    private static void checkDivisor(Object right) throws JinjaRenderException {
        if (Arithmetic.toDouble(right) == 0) {
            throw new JinjaRenderException("division by zero");
        }
    }

    static Object floorDivide(Object left, Object right) throws JinjaRenderException {
        boolean integers = areIntegers(left, right, "//");
        checkDivisor(right);
        if (integers) {
            BigInteger[] parts = big(left).divideAndRemainder(big(right));
            boolean below =
                    parts[1].signum() != 0 && parts[1].signum() != big(right).signum();
            return integer(below ? parts[0].subtract(BigInteger.ONE) : parts[0]);
        }
        double a = toDouble(left);
        double b = toDouble(right);
        double quotient = (a - floatRemainder(a, b)) / b;
        if (quotient == 0) {
            return Math.copySign(0.0, a / b);
        }
        double whole = Math.floor(quotient);
        return quotient - whole > 0.5 ? whole + 1 : whole;
    }

    static Object remainder(Object left, Object right) throws JinjaRenderException {
        boolean integers = areIntegers(left, right, "%");
        checkDivisor(right);
        if (!integers) {
            return floatRemainder(toDouble(left), toDouble(right));
        }
        BigInteger rest = big(left).mod(big(right).abs());
        return integer(big(right).signum() < 0 && rest.signum() != 0 ? rest.add(big(right)) : rest);
    }

    private static double floatRemainder(double a, double b) {
        double rest = a % b;
        if (rest == 0) {
            return Math.copySign(0.0, b);
        }
        return (rest < 0) == (b < 0) ? rest : rest + b;
    }

    static Object power(Object left, Object right) throws JinjaRenderException {
        boolean integers = areIntegers(left, right, "**");
        if (integers && big(right).signum() >= 0) {
            return integerPower(big(left), big(right));
        }
        double base = toDouble(left);
        double exponent = toDouble(right);
        if (base == 0 && exponent < 0) {
            throw new JinjaRenderException("0 cannot be raised to a negative power");
        }
        if (base < 0 && Double.isFinite(base) && Double.isFinite(exponent) && exponent != Math.rint(exponent)) {
            throw new JinjaRenderException("a complex number (expected: a real power)");
        }
        double power = base == 1 || exponent == 0 ? 1 : Math.pow(base, exponent);
        if (Double.isInfinite(power) && Double.isFinite(base) && Double.isFinite(exponent)) {
            throw new JinjaRenderException("float: result too large");
        }
        return power;
    }

    private static Object integerPower(BigInteger base, BigInteger exponent) throws JinjaRenderException {
        if (base.abs().compareTo(BigInteger.ONE) <= 0) {
            return integer(exponent.signum() == 0 ? BigInteger.ONE : exponent.testBit(0) ? base : base.multiply(base));
        }
        if (exponent.bitLength() > Integer.SIZE - 2
                || (long) base.bitLength() * exponent.intValue() > 2L * INTEGER_BITS_MAX) {
            throw JinjaRenderException.limit("integer: too large (expected: at most " + INTEGER_BITS_MAX + " bits)");
        }
        return integer(base.pow(exponent.intValue()));
    }

    static Object negate(Object value) throws JinjaRenderException {
        if (value instanceof Double number) {
            return -number;
        }
        if (!isInteger(value)) {
            throw new JinjaRenderException("cannot negate " + Values.kind(value));
        }
        return integer(big(value).negate());
    }

    static Object positive(Object value) throws JinjaRenderException {
        if (!isNumber(value)) {
            throw new JinjaRenderException("bad operand for unary +: " + Values.kind(value));
        }
        return value instanceof Boolean ? integer(big(value)) : value;
    }

    static boolean equal(Object left, Object right) {
        if (left instanceof Long a && right instanceof Long b) {
            return a.longValue() == b.longValue();
        }
        boolean notANumber = (left instanceof Double a && a.isNaN()) || (right instanceof Double b && b.isNaN());
        return !notANumber && compare(left, right) == 0;
    }

    /// The order of two numbers, neither of which is NaN.
    static int compare(Object left, Object right) {
        if (left instanceof Double || right instanceof Double) {
            double a = Arithmetic.toDouble(left);
            double b = Arithmetic.toDouble(right);
            if (Double.isInfinite(a) || Double.isInfinite(b) || (isSmall(left) && isSmall(right))) {
                return a == b ? 0 : a < b ? -1 : 1;
            }
            return exact(left).compareTo(exact(right));
        }
        return big(left).compareTo(big(right));
    }

    private static boolean isSmall(Object number) {
        return number instanceof Double || isExact(big(number));
    }

    private static BigDecimal exact(Object number) {
        return number instanceof Double value ? new BigDecimal(value) : new BigDecimal(big(number));
    }
}
