/// kv-epp's side of `./e2e/bench router`: callers of a router, and a worker that says when it sent
/// what.
@NullMarked
package io.kvepp.routerservice.bench;

import org.jspecify.annotations.NullMarked;
