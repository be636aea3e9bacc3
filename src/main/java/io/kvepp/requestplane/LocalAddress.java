package io.kvepp.requestplane;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;

/// The address of this machine that others reach it under.
///
/// Thread-safe.
final class LocalAddress {
    private LocalAddress() {}

    /// An address of an interface that is up and no loopback: IPv4 where there is one. The loopback
    /// address when there is no such interface.
    static InetAddress find() throws IOException {
        return NetworkInterface.networkInterfaces()
                .filter(LocalAddress::isUsable)
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLinkLocalAddress() && !address.isLoopbackAddress())
                .min((first, second) -> Boolean.compare(second instanceof Inet4Address, first instanceof Inet4Address))
                .orElse(InetAddress.getLoopbackAddress());
    }

    private static boolean isUsable(NetworkInterface each) {
        try {
            return each.isUp() && !each.isLoopback();
        } catch (IOException _) {
            return false;
        }
    }
}
