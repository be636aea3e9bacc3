package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `str` and `repr` of values.
///
/// Confined to one render.
final class PyRepr {
    /// Python refuses to print longer integers.
    private static final int INTEGER_DIGITS_MAX = 4300;

    private final Budget budget;
    private final StringBuilder out = new StringBuilder();

    private PyRepr(Budget budget) {
        this.budget = budget;
    }

    /// `str(value)`.
    static String text(Budget budget, Object value) throws JinjaRenderException {
        return switch (value) {
            case String text -> text;
            case PyMarkup markup -> markup.text();
            case Long number -> Long.toString(number);
            case Undefined _ -> "";
            default -> repr(budget, value);
        };
    }

    static String repr(Budget budget, Object value) throws JinjaRenderException {
        PyRepr repr = new PyRepr(budget);
        repr.write(value, 0);
        budget.build(repr.out.length());
        return repr.out.toString();
    }

    private void write(Object value, int depth) throws JinjaRenderException {
        Budget.checkDepth(depth);
        switch (value) {
            case String text -> quote(text);
            case PyMarkup markup -> {
                out.append("Markup(");
                quote(markup.text());
                out.append(')');
            }
            case Boolean flag -> out.append(flag ? "True" : "False");
            case None _ -> out.append("None");
            case Undefined _ -> out.append("Undefined");
            case Long number -> out.append(number.longValue());
            case BigInteger number -> out.append(digits(number));
            case Double number -> out.append(Floats.python(number));
            case List<?> list -> list(list, '[', ']', depth);
            case PyTuple tuple -> tuple(tuple, depth);
            case Map<?, ?> map -> map(map, depth);
            case PyView view -> {
                out.append(view.kind()).append('(');
                list(view.items(), '[', ']', depth);
                out.append(')');
            }
            case PyRange range -> range(range);
            case Namespace namespace -> {
                out.append("<Namespace ");
                map(namespace.members(), depth);
                out.append('>');
            }
            default -> out.append(label(value));
        }
        budget.checkLength(out.length());
    }

    private static String label(Object value) {
        return switch (value) {
            case PyMacro macro -> macro.label();
            case PyLoop loop -> loop.label();
            case PyIterator _ -> "<generator object>";
            case PyMethod method -> "<built-in method " + method.name() + ">";
            default -> "<function>";
        };
    }

    static String digits(BigInteger number) throws JinjaRenderException {
        String digits = number.toString();
        if (digits.length() > INTEGER_DIGITS_MAX) {
            throw new JinjaRenderException(
                    "integer: too long to print (expected: at most " + INTEGER_DIGITS_MAX + " digits)");
        }
        return digits;
    }

    private void list(List<? extends @Nullable Object> list, char open, char close, int depth)
            throws JinjaRenderException {
        budget.items(list.size());
        out.append(open);
        String separator = "";
        for (Object item : list) {
            out.append(separator);
            write(Values.of(item), depth + 1);
            separator = ", ";
        }
        out.append(close);
    }

    private void tuple(PyTuple tuple, int depth) throws JinjaRenderException {
        if (tuple.items().size() == 1) {
            out.append('(');
            write(tuple.items().get(0), depth + 1);
            out.append(",)");
        } else {
            list(tuple.items(), '(', ')', depth);
        }
    }

    private void map(Map<?, ?> map, int depth) throws JinjaRenderException {
        budget.items(map.size());
        out.append('{');
        String separator = "";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator);
            write(Values.of(entry.getKey()), depth + 1);
            out.append(": ");
            write(Values.of(entry.getValue()), depth + 1);
            separator = ", ";
        }
        out.append('}');
    }

    private void range(PyRange range) {
        out.append("range(").append(range.start()).append(", ").append(range.stop());
        if (range.step() != 1) {
            out.append(", ").append(range.step());
        }
        out.append(')');
    }

    private void quote(String text) throws JinjaRenderException {
        budget.scan(text.length());
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c == quote) {
                        out.append('\\').append(quote);
                    } else if (PyChars.isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        escape(c);
                    }
                }
            }
        }
        out.append(quote);
    }

    private void escape(int c) {
        if (c < 0x100) {
            out.append("\\x%02x".formatted(c));
        } else if (c < 0x10000) {
            out.append("\\u%04x".formatted(c));
        } else {
            out.append("\\U%08x".formatted(c));
        }
    }
}
