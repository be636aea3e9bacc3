/// Whether the prompt is computed on a prefill worker, and the one step in which both workers are
/// chosen and booked.
///
/// Starting points: [PrefillPool] (the pool's life cycle), [Placement] (one choice and its
/// bookings).
@NullMarked
package io.kvepp.router.prefill;

import org.jspecify.annotations.NullMarked;
