/// Which workers are so busy that they get no further requests at all.
///
/// Starting points: [OverloadThresholds], [OverloadMonitor].
@NullMarked
package io.kvepp.scheduling.overload;

import org.jspecify.annotations.NullMarked;
