/// The standalone router without its protocols: callers that are not gateways ask for workers, book
/// them under an id of their own, and say how the request goes on.
///
/// Starting points: [SelectionService] (what can be asked), [SelectionRequest] (what is asked),
/// [Answer] (what comes of it). Index, books of load and rules are those of the picker when both run
/// in one process.
@NullMarked
package io.kvepp.routerservice;

import org.jspecify.annotations.NullMarked;
