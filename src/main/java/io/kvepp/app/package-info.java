/// The object graph, built by hand, and its life: start order, readiness, drain, stop.
///
/// Starting points: [Epp] (the graph), [EppConfig] (every option), [Plugins] (what implements each
/// extension point).
@NullMarked
package io.kvepp.app;

import org.jspecify.annotations.NullMarked;
