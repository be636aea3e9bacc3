package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The tests (`is ...`) by name.
final class Tests {
    private static final Map<String, Builtin> ALL = all();

    private Tests() {}

    static @Nullable Builtin get(String name) {
        return ALL.get(name);
    }

    /// A test of the value alone.
    private interface OfValue {
        boolean test(Object value) throws JinjaRenderException;
    }

    /// A test of the value against an argument.
    private interface OfTwo {
        boolean test(Budget budget, Object value, Object other) throws JinjaRenderException;
    }

    private static Builtin one(OfValue test) {
        return (_, arguments) -> {
            Object value = arguments.value();
            arguments.end();
            return test.test(value);
        };
    }

    private static Builtin two(OfTwo test) {
        return (render, arguments) -> {
            Object value = arguments.value();
            Object other = arguments.value();
            arguments.end();
            return test.test(render.budget, value, other);
        };
    }

    private static Map<String, Builtin> all() {
        Map<String, Builtin> tests = new HashMap<>();
        addKinds(tests);
        addComparisons(tests);
        tests.put("odd", one(value -> isOdd(value, true)));
        tests.put("even", one(value -> isOdd(value, false)));
        tests.put("divisibleby", two(Tests::isDivisibleBy));
        tests.put(
                "startingwith",
                two((budget, value, other) ->
                        Printer.display(budget, value).startsWith(Printer.display(budget, other))));
        tests.put(
                "endingwith",
                two((budget, value, other) -> Printer.display(budget, value).endsWith(Printer.display(budget, other))));
        tests.put("lower", one(value -> Characters.isCaseLower(Arguments.toString(value))));
        tests.put("upper", one(value -> Characters.isCaseUpper(Arguments.toString(value))));
        tests.put("filter", one(value -> Filters.get(Arguments.toString(value)) != null));
        tests.put("test", one(value -> get(Arguments.toString(value)) != null));
        return Map.copyOf(tests);
    }

    private static void addKinds(Map<String, Builtin> tests) {
        tests.put("undefined", one(value -> value == Undefined.INSTANCE));
        tests.put("defined", one(value -> value != Undefined.INSTANCE));
        tests.put("none", one(value -> value == None.INSTANCE));
        tests.put("boolean", one(value -> value instanceof Boolean));
        tests.put("true", one(value -> Boolean.TRUE.equals(value)));
        tests.put("false", one(value -> Boolean.FALSE.equals(value)));
        tests.put("number", one(value -> Values.kind(value) == Kind.NUMBER));
        tests.put("integer", one(Arithmetic::isInteger));
        tests.put("int", one(Arithmetic::isInteger));
        tests.put("float", one(value -> value instanceof Double));
        tests.put("string", one(value -> value instanceof String));
        tests.put("sequence", one(value -> Values.kind(value) == Kind.SEQUENCE));
        tests.put("mapping", one(value -> Values.kind(value) == Kind.MAP));
        tests.put("iterable", one(Tests::isIterable));
        // Nothing is escaped automatically, so no text carries the mark of being safe.
        tests.put("safe", one(_ -> false));
        tests.put("escaped", one(_ -> false));
    }

    private static boolean isIterable(Object value) {
        return switch (Values.kind(value)) {
            case BOOLEAN, NUMBER, PLAIN -> false;
            case UNDEFINED, NONE, STRING, SEQUENCE, MAP, ITERABLE -> true;
        };
    }

    private static void addComparisons(Map<String, Builtin> tests) {
        putAll(tests, two(Operators.CompareOp.EQ::test), "eq", "equalto", "==");
        putAll(tests, two(Operators.CompareOp.NE::test), "ne", "!=");
        putAll(tests, two(Operators.CompareOp.LT::test), "lt", "lessthan", "<");
        putAll(tests, two(Operators.CompareOp.LE::test), "le", "<=");
        putAll(tests, two(Operators.CompareOp.GT::test), "gt", "greaterthan", ">");
        putAll(tests, two(Operators.CompareOp.GE::test), "ge", ">=");
        tests.put("in", two(Tests::isIn));
        tests.put("sameas", two(Tests::isSame));
    }

    private static void putAll(Map<String, Builtin> tests, Builtin test, String... names) {
        for (String name : names) {
            tests.put(name, test);
        }
    }

    private static boolean isOdd(Object value, boolean odd) {
        if (value instanceof BigInteger number) {
            return number.testBit(0) == odd;
        }
        Long number = Arguments.exactInteger(value);
        return number != null && (number % 2 != 0) == odd;
    }

    private static boolean isDivisibleBy(Budget budget, Object value, Object other) throws JinjaRenderException {
        if (!Arithmetic.isNumeric(value) || !Arithmetic.isNumeric(other)) {
            return false;
        }
        Object rest = Arithmetic.remainder(value, other);
        return Arithmetic.toDouble(rest) == 0;
    }

    private static boolean isIn(Budget budget, Object value, Object other) throws JinjaRenderException {
        return switch (Values.kind(other)) {
            case NONE, BOOLEAN, NUMBER -> false;
            case UNDEFINED, STRING, SEQUENCE, MAP, ITERABLE, PLAIN -> Comparison.contains(budget, other, value);
        };
    }

    @SuppressWarnings("ReferenceEquality") // identity is what this test asks for
    private static boolean isSame(Budget budget, Object value, Object other) throws JinjaRenderException {
        Kind kind = Values.kind(value);
        return switch (kind) {
            case SEQUENCE, MAP, ITERABLE, PLAIN -> value == other;
            case UNDEFINED, NONE, BOOLEAN, NUMBER, STRING ->
                kind == Values.kind(other)
                        && Arithmetic.isInteger(value) == Arithmetic.isInteger(other)
                        && Comparison.equal(budget, value, other);
        };
    }
}
