/// What `./e2e/bench routing` runs: modelled engines behind the real choice of workers, replaying a
/// trace. Everything follows from the trace, the settings and one seed.
///
/// Starting points: [RoutingDriver] (the program), [Simulation] (one replay), [ModelledEngine].
@NullMarked
package io.kvepp.router.simulation;

import org.jspecify.annotations.NullMarked;
