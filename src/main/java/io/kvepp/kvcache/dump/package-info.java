/// The index as JSON, in the form of Dynamo's indexer: to look at, and to start another replica
/// from.
///
/// Starting points: [DumpWriter], [DumpReader].
///
/// Imports `kvcache` and `worker` only.
@NullMarked
package io.kvepp.kvcache.dump;

import org.jspecify.annotations.NullMarked;
