/// The selection API over HTTP: routes, bodies and status codes of Dynamo's selection service.
///
/// Starting points: [SelectionServer] (the routes), [SelectionHttpConfig] (where it listens).
@NullMarked
package io.kvepp.routerservice.http;

import org.jspecify.annotations.NullMarked;
