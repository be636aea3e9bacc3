/// The HTTP side for operators: metrics, health, workers, recent picks.
///
/// Starting point: [AdminServer].
@NullMarked
package io.kvepp.admin;

import org.jspecify.annotations.NullMarked;
