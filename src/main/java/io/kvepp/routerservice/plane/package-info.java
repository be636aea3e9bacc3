/// The standalone router as Dynamo's components call it: endpoints on the request plane.
///
/// Starting points: [RouterEndpoints] (what is served), [RouterEndpointsConfig], [GenerateEndpoint]
/// (the one that sends requests on).
@NullMarked
package io.kvepp.routerservice.plane;

import org.jspecify.annotations.NullMarked;
