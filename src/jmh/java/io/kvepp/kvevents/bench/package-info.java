/// kv-epp's side of `./e2e/bench events`: from raw bytes to the index.
@NullMarked
package io.kvepp.kvevents.bench;

import org.jspecify.annotations.NullMarked;
