/// What engines themselves report of their load.
///
/// Starting point: [EngineLoads].
@NullMarked
package io.kvepp.load.signals;

import org.jspecify.annotations.NullMarked;
