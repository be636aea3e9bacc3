package io.kvepp.preprocess.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a slice, a concatenation, `range` or `items` yields: it prints, iterates and indexes like a
/// list but is no sequence to the tests.
///
/// Immutable.
record View(List<? extends @Nullable Object> items) {}
