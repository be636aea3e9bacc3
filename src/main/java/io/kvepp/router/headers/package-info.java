/// What a decision looks like as request headers, and which client headers must not pass.
///
/// Starting points: [HeaderDialect], [DynamoDialect].
@NullMarked
package io.kvepp.router.headers;

import org.jspecify.annotations.NullMarked;
