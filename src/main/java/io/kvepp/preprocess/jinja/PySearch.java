package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A search in a part of a text; positions are counted in code points.
///
/// Immutable.
record PySearch(String text, String wanted, int from, int to) {
    /// The arguments of `find` and its like.
    static PySearch of(PyArguments arguments) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(2, 4);
        String text = PyArguments.string(given[0]);
        arguments.render.budget.scan(text.length());
        return of(text, PyArguments.string(given[1]), given);
    }

    private static PySearch of(String text, String wanted, @Nullable Object[] given) throws JinjaRenderException {
        int count = text.codePointCount(0, text.length());
        long start = bound(given[2], 0);
        long begin = start < 0 ? Math.max(0, start + count) : start;
        int to = PyMethods.clamp(bound(given[3], count), count);
        // A start behind the end finds nothing, not even an empty text.
        return begin > count
                ? new PySearch(text, wanted, 1, 0)
                : new PySearch(text, wanted, offset(text, (int) begin), offset(text, to));
    }

    private static long bound(@Nullable Object value, long standIn) throws JinjaRenderException {
        return value == null || value == None.INSTANCE ? standIn : PyArguments.integer(value);
    }

    private static int offset(String text, int codePoints) {
        return text.offsetByCodePoints(0, codePoints);
    }

    private int position(boolean last) {
        if (from > to) {
            return -1;
        }
        String part = text.substring(from, to);
        int at = last ? part.lastIndexOf(wanted) : part.indexOf(wanted);
        return at < 0 ? -1 : from + at;
    }

    Object find(boolean last) {
        int at = position(last);
        return at < 0 ? -1L : (long) text.codePointCount(0, at);
    }

    Object index(boolean last) throws JinjaRenderException {
        int at = position(last);
        if (at < 0) {
            throw new JinjaRenderException("index: substring not found (expected: a part of the text)");
        }
        return (long) text.codePointCount(0, at);
    }

    Object count() {
        if (from > to) {
            return 0L;
        }
        String part = text.substring(from, to);
        if (wanted.isEmpty()) {
            return part.codePointCount(0, part.length()) + 1L;
        }
        long count = 0;
        for (int at = part.indexOf(wanted); at >= 0; at = part.indexOf(wanted, at + wanted.length())) {
            count++;
        }
        return count;
    }

    /// `startswith` and `endswith`, of one text or a tuple of them.
    static Object isAt(PyArguments arguments, boolean start) throws JinjaRenderException {
        @Nullable Object[] given = arguments.positional(2, 4);
        String text = PyArguments.string(given[0]);
        Object wanted = given[1];
        List<? extends Object> options = wanted instanceof PyTuple tuple ? tuple.items() : List.of(PyValue.of(wanted));
        for (Object option : options) {
            PySearch search = of(text, PyArguments.string(option), given);
            if (search.from <= search.to) {
                String part = text.substring(search.from, search.to);
                if (start ? part.startsWith(search.wanted) : part.endsWith(search.wanted)) {
                    return true;
                }
            }
        }
        return false;
    }
}
