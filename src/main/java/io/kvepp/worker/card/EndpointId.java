package io.kvepp.worker.card;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// A Dynamo endpoint: `namespace/component/name`. Not to be confused with an `ip:port`.
///
/// Immutable.
public record EndpointId(String namespace, String component, String name) {
    /// What the event plane calls a topic of this endpoint where servers or brokers stand between
    /// publishers and subscribers: its parts, with every byte but `A-Z`, `a-z`, `0-9`, `-` and `_`
    /// percent-encoded.
    ///
    /// Source: Dynamo `lib/runtime/src/discovery`, the subject of an event scope.
    public String eventSubject(String topic) {
        return "namespace." + encoded(namespace) + ".component." + encoded(component) + ".endpoint." + encoded(name)
                + "." + encoded(topic);
    }

    private static String encoded(String segment) {
        StringBuilder text = new StringBuilder();
        for (byte b : segment.getBytes(StandardCharsets.UTF_8)) {
            boolean plain =
                    b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_';
            text.append(plain ? String.valueOf((char) b) : String.format(Locale.ROOT, "%%%02X", b & 0xff));
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return namespace + "/" + component + "/" + name;
    }
}
