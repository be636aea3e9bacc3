/// One request from its bytes to a decision.
///
/// Starting points: [KvRouter] (the whole decision), [RoutingTable] (who can serve what now),
/// [RoutedRequest] (what is held until the request ends).
@NullMarked
package io.kvepp.router;

import org.jspecify.annotations.NullMarked;
