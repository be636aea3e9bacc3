/// What `./e2e/bench index` and `./e2e/bench index-capacity` run of kv-epp.
///
/// Starting points: [WorkloadGenerator] (what is measured), [WorkloadFile] (how both sides get it),
/// [IndexDriver] (kv-epp's side), [IndexUnderTest] (which index), [CapacityDriver] (a large one).
@NullMarked
package io.kvepp.kvcache.bench;

import org.jspecify.annotations.NullMarked;
