/// The selection API over gRPC: `proto/kvepp/router/v1/router.proto`.
///
/// Starting points: [SelectionGrpcServer] (what is served), [SelectionGrpcConfig] (where it listens).
@NullMarked
package io.kvepp.routerservice.grpc;

import org.jspecify.annotations.NullMarked;
