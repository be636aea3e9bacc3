/// Every meter of the process, in one file.
///
/// Starting point: [EppMetrics].
@NullMarked
package io.kvepp.metrics;

import org.jspecify.annotations.NullMarked;
