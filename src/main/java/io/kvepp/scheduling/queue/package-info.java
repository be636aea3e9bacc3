/// Requests that wait until a worker has room, in the order of their policy classes.
///
/// Starting points: [AdmissionQueue] (one model's requests), [PolicyProfile] (which class a request
/// is of), [QueueConfig].
@NullMarked
package io.kvepp.scheduling.queue;

import org.jspecify.annotations.NullMarked;
