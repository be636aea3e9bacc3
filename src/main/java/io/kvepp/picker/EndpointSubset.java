package io.kvepp.picker;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The endpoints among which a gateway lets a request go; none at all when it lists none.
///
/// An item is `ip:port`, or `ip` for every port of that address; IPv6 with or without brackets, in
/// any spelling. An item may hold several, separated by commas; blanks around each and empty ones do
/// not count.
///
/// Source: Endpoint Picker protocol rules P3 to P5, and what its implementations send.
///
/// Immutable.
public final class EndpointSubset {
    private final Set<String> items;

    private EndpointSubset(Set<String> items) {
        this.items = items;
    }

    /// `items`: as the gateway wrote them.
    public static EndpointSubset of(List<String> items) {
        Set<String> canonical = new HashSet<>();
        for (String item : items) {
            for (String part : item.split(",", -1)) {
                String endpoint = part.strip();
                if (!endpoint.isEmpty()) {
                    canonical.add(canonical(endpoint));
                }
            }
        }
        return new EndpointSubset(Set.copyOf(canonical));
    }

    public boolean isEmpty() {
        return items.isEmpty();
    }

    /// Whether a request may go to `endpoint`, which is `ip:port`.
    public boolean contains(String endpoint) {
        String canonical = canonical(endpoint);
        return items.contains(canonical) || items.contains(canonical.substring(0, addressEnd(canonical)));
    }

    /// One spelling of an `ip:port` or `ip`: brackets around IPv6 addresses only.
    public static String canonical(String endpoint) {
        if (isBareIpv6(endpoint)) {
            return address(endpoint);
        }
        int end = addressEnd(endpoint);
        return address(strip(endpoint.substring(0, end))) + endpoint.substring(end);
    }

    private static boolean isBareIpv6(String endpoint) {
        return !endpoint.startsWith("[") && endpoint.indexOf(':') != endpoint.lastIndexOf(':');
    }

    /// Where the address ends and `:port` begins, if there is one.
    private static int addressEnd(String endpoint) {
        int from = Math.max(endpoint.lastIndexOf(']'), 0);
        int colon = endpoint.indexOf(':', from);
        return colon < 0 ? endpoint.length() : colon;
    }

    private static String strip(String address) {
        return address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
    }

    private static String address(String text) {
        if (text.indexOf(':') < 0) {
            return text;
        }
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            return address instanceof Inet4Address mapped
                    ? mapped.getHostAddress()
                    : "[" + address.getHostAddress() + "]";
        } catch (IllegalArgumentException e) {
            return "[" + text + "]";
        }
    }
}
