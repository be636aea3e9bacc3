package io.kvepp.requestplane;

/// What all calls of a client share.
///
/// Immutable; the parts are thread-safe.
record CallResources(
        TcpRequestPlaneConfig config,
        WorkerConnections workers,
        TcpRequestPlaneClient.Carrier carrier,
        CallHomeServer homes,
        StallWatch watch) {}
