/// The picker that the official conformance suite of the Gateway API Inference Extension steers by
/// request headers. It never looks at prompts, workers or caches.
///
/// Starting point: [io.kvepp.conformance.ConformancePicker].
@NullMarked
package io.kvepp.conformance;

import org.jspecify.annotations.NullMarked;
