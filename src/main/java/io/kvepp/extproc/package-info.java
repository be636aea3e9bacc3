/// The Envoy front: one ext_proc gRPC stream is one HTTP request.
///
/// Starting points: [ExtProcService], [ExtProcStream] (what happens on each message), [StreamState]
/// (where a stream can stand), [Responses] (what is answered).
///
/// The only package that knows Envoy's protobuf classes.
@NullMarked
package io.kvepp.extproc;

import org.jspecify.annotations.NullMarked;
