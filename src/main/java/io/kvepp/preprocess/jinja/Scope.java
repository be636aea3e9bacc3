package io.kvepp.preprocess.jinja;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The few names that one frame binds, found by their number.
///
/// Confined to one render.
final class Scope {
    private static final int NAMES_AT_FIRST = 4;

    private int[] names = new int[NAMES_AT_FIRST];
    private @Nullable Object[] values = new @Nullable Object[NAMES_AT_FIRST];
    private int size;

    @Nullable
    Object get(int name) {
        for (int i = 0; i < size; i++) {
            if (names[i] == name) {
                return values[i];
            }
        }
        return null;
    }

    void put(int name, Object value) {
        for (int i = 0; i < size; i++) {
            if (names[i] == name) {
                values[i] = value;
                return;
            }
        }
        if (size == names.length) {
            names = Arrays.copyOf(names, size * 2);
            values = Arrays.copyOf(values, size * 2);
        }
        names[size] = name;
        values[size++] = value;
    }

    void clear() {
        size = 0;
    }
}
