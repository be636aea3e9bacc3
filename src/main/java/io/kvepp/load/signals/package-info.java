/// What engines themselves report of their load.
///
/// Starting point: [EngineLoads].
///
/// Imports `eventplane`, `msgpack`, `worker`, `worker.card`, `metrics` and `config`.
@NullMarked
package io.kvepp.load.signals;

import org.jspecify.annotations.NullMarked;
