/// The gateways and clients of `./e2e/bench extproc`, and the server that they end up at.
@NullMarked
package io.kvepp.extproc.bench;

import org.jspecify.annotations.NullMarked;
