package io.kvepp.requestplane;

import java.util.concurrent.Semaphore;

/// What all calls of a client share. `permits` are the places for calls under way.
///
/// Immutable; the parts are thread-safe.
record CallResources(TcpRequestPlaneConfig config, CallHomeServer homes, Deadlines deadlines, Semaphore permits) {}
