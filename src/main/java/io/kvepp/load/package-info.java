/// What is under way on each worker rank: requests, prompt tokens still to be computed, blocks in
/// use.
///
/// Starting points: [ActiveSequences] (the books), [Reservation] (one booking: a handle, not an
/// id).
@NullMarked
package io.kvepp.load;

import org.jspecify.annotations.NullMarked;
