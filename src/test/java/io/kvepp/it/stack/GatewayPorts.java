package io.kvepp.it.stack;

import io.kvepp.it.process.Ports;

/// The ports of one gateway.
///
/// - `extProc`, `health`, `admin`: of kv-epp
/// - `listen`, `envoyAdmin`: of Envoy
///
/// Immutable.
public record GatewayPorts(int extProc, int health, int admin, int listen, int envoyAdmin) {
    public static GatewayPorts free() {
        return new GatewayPorts(Ports.free(), Ports.free(), Ports.free(), Ports.free(), Ports.free());
    }
}
