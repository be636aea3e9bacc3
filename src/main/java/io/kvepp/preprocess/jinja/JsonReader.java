package io.kvepp.preprocess.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// The filter `fromjson`: strict JSON to values. Integers beyond 64 bits become floats.
///
/// Confined to one render.
final class JsonReader {
    private static final int DEPTH_MAX = 128;
    private static final int NUMBER_CHARS_MAX = 1000;

    private final Budget budget;
    private final String text;
    private int at;

    private JsonReader(Budget budget, String text) {
        this.budget = budget;
        this.text = text;
    }

    static Object parse(Budget budget, String text) throws JinjaRenderException {
        budget.build(text.length());
        JsonReader reader = new JsonReader(budget, text);
        Object value = reader.value(1);
        reader.space();
        if (reader.at < text.length()) {
            throw reader.unexpected();
        }
        return value;
    }

    private Object value(int depth) throws JinjaRenderException {
        if (depth > DEPTH_MAX) {
            throw new JinjaRenderException("fromjson: nested too deeply (expected: at most " + DEPTH_MAX + " levels)");
        }
        budget.steps(1);
        space();
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> array(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", None.INSTANCE);
            default -> number();
        };
    }

    private Object object(int depth) throws JinjaRenderException {
        at++;
        Dict dict = new Dict();
        space();
        if (peek() == '}') {
            at++;
            return dict;
        }
        while (true) {
            space();
            String key = string();
            space();
            expect(':');
            dict.put(key, value(depth + 1));
            space();
            if (peek() != ',') {
                expect('}');
                return dict;
            }
            at++;
        }
    }

    private Object array(int depth) throws JinjaRenderException {
        at++;
        List<Object> items = new ArrayList<>();
        space();
        if (peek() == ']') {
            at++;
            return items;
        }
        while (true) {
            items.add(value(depth + 1));
            space();
            if (peek() != ',') {
                expect(']');
                return items;
            }
            at++;
        }
    }

    private String string() throws JinjaRenderException {
        expect('"');
        int start = at;
        StringBuilder out = null;
        while (true) {
            char c = peek();
            if (c == '"') {
                String tail = text.substring(start, at++);
                return out == null ? tail : out.append(tail).toString();
            }
            if (c < ' ') {
                throw unexpected();
            }
            if (c == '\\') {
                out = out == null ? new StringBuilder() : out;
                out.append(text, start, at);
                at++;
                escape(out);
                start = at;
            } else {
                at++;
            }
        }
    }

    private void escape(StringBuilder out) throws JinjaRenderException {
        char c = peek();
        at++;
        switch (c) {
            case '"', '\\', '/' -> out.append(c);
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'u' -> {
                char unit = hex();
                out.append(unit);
                if (Character.isHighSurrogate(unit)) {
                    expect('\\');
                    expect('u');
                    char low = hex();
                    if (!Character.isLowSurrogate(low)) {
                        throw unexpected();
                    }
                    out.append(low);
                } else if (Character.isLowSurrogate(unit)) {
                    throw unexpected();
                }
            }
            default -> throw unexpected();
        }
    }

    private char hex() throws JinjaRenderException {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0 || peek() >= 0x80) {
                throw unexpected();
            }
            value = value * 16 + digit;
            at++;
        }
        return (char) value;
    }

    private Object number() throws JinjaRenderException {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        int wholeStart = at;
        digits();
        if (at == wholeStart || (at - wholeStart > 1 && text.charAt(wholeStart) == '0')) {
            throw unexpected();
        }
        boolean whole = true;
        if (peek() == '.') {
            at++;
            whole = false;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            whole = false;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        String literal = text.substring(start, at);
        char end = literal.charAt(literal.length() - 1);
        if (end < '0' || end > '9' || literal.contains(".e") || literal.contains(".E")) {
            throw unexpected();
        }
        return whole ? integer(literal) : finite(literal);
    }

    private Object integer(String literal) throws JinjaRenderException {
        if (literal.equals("-0") || literal.length() > NUMBER_CHARS_MAX) {
            return finite(literal);
        }
        BigInteger number = new BigInteger(literal);
        boolean fits = number.signum() < 0 ? number.bitLength() < Long.SIZE : number.bitLength() <= Long.SIZE;
        return fits ? Values.narrow(number) : finite(literal);
    }

    private Object finite(String literal) throws JinjaRenderException {
        double value = Double.parseDouble(literal);
        if (Double.isInfinite(value)) {
            throw new JinjaRenderException("fromjson: number out of range");
        }
        return value;
    }

    private void digits() {
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
    }

    private Object word(String word, Object value) throws JinjaRenderException {
        if (!text.startsWith(word, at)) {
            throw unexpected();
        }
        at += word.length();
        return value;
    }

    private void space() {
        while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') {
            at++;
        }
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void expect(char c) throws JinjaRenderException {
        if (peek() != c) {
            throw unexpected();
        }
        at++;
    }

    private JinjaRenderException unexpected() {
        return new JinjaRenderException("fromjson: no JSON at character " + at);
    }
}
