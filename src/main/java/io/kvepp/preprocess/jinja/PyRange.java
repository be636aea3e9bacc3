package io.kvepp.preprocess.jinja;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/// A Python range of `count` integers from `start`, `step` apart, before `stop`.
///
/// Immutable.
record PyRange(long start, long stop, long step, int count) {
    private static final int ITEMS_MAX = 100_000;

    /// A range that ends before `stop`; one of more items than the sandbox allows is an error.
    static PyRange of(long start, long stop, long step) throws JinjaRenderException {
        if (step == 0) {
            throw new JinjaRenderException("range: step 0 (expected: another number)");
        }
        long count = 0;
        if (step > 0 ? start < stop : start > stop) {
            double exact = Math.ceil(((double) stop - (double) start) / (double) step);
            count = exact > ITEMS_MAX ? (long) exact : (stop - start + step - Long.signum(step)) / step;
        }
        if (count > ITEMS_MAX) {
            throw new JinjaRenderException("range: too many items (expected: at most " + ITEMS_MAX + ")");
        }
        return new PyRange(start, stop, step, (int) count);
    }

    long at(int index) {
        return start + index * step;
    }

    List<Object> items() {
        return new Items(this);
    }

    private static final class Items extends AbstractList<Object> implements RandomAccess {
        private final PyRange range;

        Items(PyRange range) {
            this.range = range;
        }

        @Override
        public Object get(int index) {
            return range.at(index);
        }

        @Override
        public int size() {
            return range.count;
        }
    }
}
