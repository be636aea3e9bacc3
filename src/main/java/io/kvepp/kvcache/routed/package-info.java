/// What a process's own decisions say of caches: a rank that a prompt was sent to holds it soon,
/// and for a while.
///
/// Starting points: [PrefixFinder] (what the router asks and tells), [RoutedBlocks] (decisions with
/// a time to live).
///
/// Imports `kvcache` and `worker` only.
@NullMarked
package io.kvepp.kvcache.routed;

import org.jspecify.annotations.NullMarked;
