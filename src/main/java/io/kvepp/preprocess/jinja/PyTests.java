package io.kvepp.preprocess.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The tests (`is ...`) of jinja2 by name.
final class PyTests {
    /// Python has each integer in this range only once.
    private static final int SHARED_INTEGER_MIN = -5;

    private static final int SHARED_INTEGER_MAX = 256;

    private static final Map<String, PyFunction> ALL = all();

    private PyTests() {}

    static @Nullable PyFunction get(String name) {
        return ALL.get(name);
    }

    /// A test of the value alone.
    private interface OfValue {
        boolean test(Render render, Object value) throws JinjaRenderException;
    }

    private static void one(Map<String, PyFunction> tests, String name, OfValue test) {
        tests.put(
                name,
                arguments -> test.test(arguments.render, PyValue.of(arguments.positional(1, 1)[0])));
    }

    private static void compared(Map<String, PyFunction> tests, Operators.CompareOp op, String... names) {
        for (String name : names) {
            tests.put(name, arguments -> {
                @Nullable Object[] given = arguments.positional(2, 2);
                return PyComparison.test(arguments.render, op, PyValue.of(given[0]), PyValue.of(given[1]));
            });
        }
    }

    private static Map<String, PyFunction> all() {
        Map<String, PyFunction> tests = new HashMap<>();
        addKinds(tests);
        addForms(tests);
        compared(tests, Operators.CompareOp.EQ, "eq", "equalto", "==");
        compared(tests, Operators.CompareOp.NE, "ne", "!=");
        compared(tests, Operators.CompareOp.LT, "lt", "lessthan", "<");
        compared(tests, Operators.CompareOp.LE, "le", "<=");
        compared(tests, Operators.CompareOp.GT, "gt", "greaterthan", ">");
        compared(tests, Operators.CompareOp.GE, "ge", ">=");
        tests.put("in", arguments -> {
            @Nullable Object[] given = arguments.bind(2, "value", "seq");
            return PyComparison.contains(arguments.render, PyValue.of(given[1]), PyValue.of(given[0]));
        });
        tests.put("sameas", arguments -> {
            @Nullable Object[] given = arguments.bind(2, "value", "other");
            return isSame(PyValue.of(given[0]), PyValue.of(given[1]));
        });
        tests.put("divisibleby", arguments -> {
            @Nullable Object[] given = arguments.bind(2, "value", "num");
            return isMultiple(arguments.render, PyValue.of(given[0]), PyValue.of(given[1]));
        });
        return Map.copyOf(tests);
    }

    private static void addKinds(Map<String, PyFunction> tests) {
        one(tests, "defined", (_, value) -> value != Undefined.INSTANCE);
        one(tests, "undefined", (_, value) -> value == Undefined.INSTANCE);
        one(tests, "none", (_, value) -> value == None.INSTANCE);
        one(tests, "boolean", (_, value) -> value instanceof Boolean);
        one(tests, "true", (_, value) -> Boolean.TRUE.equals(value));
        one(tests, "false", (_, value) -> Boolean.FALSE.equals(value));
        one(tests, "integer", (_, value) -> Arithmetic.isInteger(value));
        one(tests, "float", (_, value) -> value instanceof Double);
        one(tests, "number", (_, value) -> PyNumbers.isNumber(value));
        one(tests, "string", (_, value) -> PyArguments.isString(value));
        one(tests, "mapping", (_, value) -> value instanceof Map);
        one(tests, "sequence", (_, value) -> isSequence(value));
        one(tests, "iterable", (_, value) -> PySequences.isIterable(value));
        one(
                tests,
                "callable",
                (_, value) ->
                        value instanceof Callable || value instanceof JinjaFunction || value == Undefined.INSTANCE);
        one(tests, "escaped", (_, value) -> value instanceof PyMarkup);
    }

    private static boolean isSequence(Object value) {
        return value instanceof List
                || value instanceof Map
                || value instanceof PyTuple
                || value instanceof PyRange
                || value == Undefined.INSTANCE
                || PyArguments.isString(value);
    }

    private static void addForms(Map<String, PyFunction> tests) {
        one(tests, "lower", (render, value) -> PyChars.allCased(PyRepr.text(render.budget, value), true));
        one(tests, "upper", (render, value) -> PyChars.allCased(PyRepr.text(render.budget, value), false));
        one(tests, "odd", (render, value) -> rest(render, value, 2L, 1L));
        one(tests, "even", (render, value) -> rest(render, value, 2L, 0L));
        one(tests, "filter", (render, value) -> {
            PyDicts.checkHashable(value);
            return value instanceof String name && render.dialect.filter(name) != null;
        });
        one(tests, "test", (render, value) -> {
            PyDicts.checkHashable(value);
            return value instanceof String name && render.dialect.test(name) != null;
        });
    }

    private static boolean isMultiple(Render render, Object value, Object number) throws JinjaRenderException {
        return rest(render, value, number, 0L);
    }

    private static boolean rest(Render render, Object value, Object divisor, Object wanted)
            throws JinjaRenderException {
        Object rest = render.dialect.binary(render, Operators.BinaryOp.REMAINDER, value, divisor);
        return PyComparison.equal(render.budget, rest, wanted);
    }

    @SuppressWarnings("ReferenceEquality") // identity is what this test asks for
    private static boolean isSame(Object value, Object other) {
        boolean shared = value instanceof Boolean
                || (value instanceof Long number && number >= SHARED_INTEGER_MIN && number <= SHARED_INTEGER_MAX);
        return shared ? value.equals(other) : value == other;
    }
}
