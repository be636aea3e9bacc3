package io.kvepp.preprocess.jinja;

import org.jspecify.annotations.Nullable;

/// What stands for an argument that is not given.
final class PyValue {
    private PyValue() {}

    /// The argument, or None.
    static Object of(@Nullable Object argument) {
        return argument == null ? None.INSTANCE : argument;
    }
}
