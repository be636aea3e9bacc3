/// What `./e2e/bench pick` runs.
@NullMarked
package io.kvepp.router.prefill.bench;

import org.jspecify.annotations.NullMarked;
