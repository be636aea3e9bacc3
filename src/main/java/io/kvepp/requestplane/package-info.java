/// Dynamo's request plane: calls to the endpoints that workers serve, over TCP.
///
/// Starting points: [RequestPlaneClient] (the contract), [TcpRequestPlaneClient], [RequestTarget].
///
/// A call uses two connections. The caller opens one to the worker and sends the request with an
/// address of its own; the worker acknowledges it there, calls that address, names the call's
/// subject, and streams the answer.
///
/// Imports `msgpack`, `tls` and `config`.
@NullMarked
package io.kvepp.requestplane;

import org.jspecify.annotations.NullMarked;
