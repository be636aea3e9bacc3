/// How much of what the fleet holds of prompts is held, captured and delivered.
///
/// Starting points: [ReuseLedger] (the sums, and who is off), [ReuseClaim] (one request).
@NullMarked
package io.kvepp.router.reuse;

import org.jspecify.annotations.NullMarked;
