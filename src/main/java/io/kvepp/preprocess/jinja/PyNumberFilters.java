package io.kvepp.preprocess.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// jinja2's filters of numbers.
final class PyNumberFilters {
    private static final int PLACES_MAX = 400;
    private static final String[] SIZES = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    private static final String[] BINARY_SIZES = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};

    private PyNumberFilters() {}

    static void addTo(Map<String, PyFunction> filters) {
        filters.put("abs", PyNumberFilters::abs);
        filters.put("int", PyNumberFilters::integer);
        filters.put("float", PyNumberFilters::floating);
        filters.put("round", PyNumberFilters::round);
        filters.put("filesizeformat", PyNumberFilters::fileSize);
    }

    private static Object abs(PyArguments arguments) throws JinjaRenderException {
        Object value = PyValue.of(arguments.positional(1, 1)[0]);
        if (value instanceof Double number) {
            return Math.abs(number);
        }
        if (!PyNumbers.isInteger(value)) {
            throw new JinjaRenderException("abs: " + Values.kind(value) + " (expected: a number)");
        }
        return PyNumbers.integer(PyNumbers.big(value).abs());
    }

    private static Object integer(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "default", "base");
        Object value = PyValue.of(given[0]);
        Object standIn = given[1] == null ? 0L : given[1];
        if (value == Undefined.INSTANCE) {
            throw new JinjaRenderException("undefined value: no integer");
        }
        if (PyArguments.isString(value)) {
            int base = (int) PyArguments.integer(given[2], 10);
            BigInteger parsed = PyLiterals.integer(PyArguments.string(value), base);
            if (parsed != null) {
                return PyNumbers.integer(parsed);
            }
            Double real = PyLiterals.floating(PyArguments.string(value));
            return real == null || !Double.isFinite(real) ? standIn : truncated(real);
        }
        if (value instanceof Double number) {
            if (Double.isInfinite(number)) {
                throw new JinjaRenderException("int: inf (expected: a finite number)");
            }
            return Double.isNaN(number) ? standIn : truncated(number);
        }
        return PyNumbers.isInteger(value) ? PyNumbers.integer(PyNumbers.big(value)) : standIn;
    }

    private static Object truncated(double number) throws JinjaRenderException {
        return PyNumbers.integer(new BigDecimal(number).toBigInteger());
    }

    private static Object floating(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "default");
        Object value = PyValue.of(given[0]);
        Object standIn = given[1] == null ? 0.0 : given[1];
        if (value == Undefined.INSTANCE) {
            throw new JinjaRenderException("undefined value: no float");
        }
        if (PyArguments.isString(value)) {
            Double parsed = PyLiterals.floating(PyArguments.string(value));
            return parsed == null ? standIn : parsed;
        }
        return PyNumbers.isNumber(value) ? (Object) PyNumbers.toDouble(value) : standIn;
    }

    private static Object round(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "precision", "method");
        Object value = PyValue.of(given[0]);
        String method = given[2] == null ? "common" : PyArguments.string(given[2]);
        int places = Math.clamp(PyArguments.integer(given[1], 0), -PLACES_MAX, PLACES_MAX);
        if (!PyNumbers.isNumber(value)) {
            throw new JinjaRenderException("round: " + Values.kind(value) + " (expected: a number)");
        }
        return switch (method) {
            case "common" -> common(value, places);
            case "ceil", "floor" -> {
                Object scale = PyNumbers.power(10L, (long) places);
                Object scaled = PyNumbers.multiply(value, scale);
                RoundingMode mode = method.equals("ceil") ? RoundingMode.CEILING : RoundingMode.FLOOR;
                yield PyNumbers.divide(whole(scaled, mode), scale);
            }
            default -> throw new JinjaRenderException("round: method (expected: common, ceil or floor)");
        };
    }

    private static Object whole(Object number, RoundingMode mode) throws JinjaRenderException {
        if (number instanceof Double value) {
            if (!Double.isFinite(value)) {
                throw new JinjaRenderException("round: " + value + " (expected: a finite number)");
            }
            return PyNumbers.integer(new BigDecimal(value).setScale(0, mode).toBigInteger());
        }
        return number;
    }

    private static Object common(Object value, int places) throws JinjaRenderException {
        if (value instanceof Double number) {
            if (!Double.isFinite(number)) {
                return number;
            }
            double rounded = new BigDecimal(number)
                    .setScale(places, RoundingMode.HALF_EVEN)
                    .doubleValue();
            return rounded == 0 ? Math.copySign(0.0, number) : (Object) rounded;
        }
        BigInteger exact = PyNumbers.big(value);
        return PyNumbers.integer(
                places >= 0
                        ? exact
                        : new BigDecimal(exact)
                                .setScale(places, RoundingMode.HALF_EVEN)
                                .toBigInteger());
    }

    private static Object fileSize(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.bind(1, "value", "binary");
        Object value = PyValue.of(given[0]);
        Double parsed = PyArguments.isString(value)
                ? PyLiterals.floating(PyArguments.string(value))
                : PyNumbers.isNumber(value) ? (Double) PyNumbers.toDouble(value) : null;
        if (parsed == null || Double.isNaN(parsed)) {
            throw new JinjaRenderException("filesizeformat: " + Values.kind(value) + " (expected: a number)");
        }
        double bytes = parsed;
        boolean binary = arguments.flag(given[1]);
        double base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return "1 Byte";
        }
        if (bytes < base) {
            return new BigDecimal(bytes).toBigInteger() + " Bytes";
        }
        String[] sizes = binary ? BINARY_SIZES : SIZES;
        int size = 0;
        while (size < sizes.length - 1 && bytes >= Math.pow(base, size + 2.0)) {
            size++;
        }
        double shown = base * bytes / Math.pow(base, size + 2.0);
        return new BigDecimal(shown).setScale(1, RoundingMode.HALF_EVEN).toPlainString() + " " + sizes[size];
    }
}
