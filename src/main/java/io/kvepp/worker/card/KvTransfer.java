package io.kvepp.worker.card;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Whom a prefill worker wants to hand its KV cache to, as its card says.
///
/// - `domains`: where the worker stands, such as `zone` -> `a`
/// - `domain`: which of them the other worker should share; null: no matter
/// - `enforcement`: null when the card does not say, which is an error if there is a domain
/// - `preferredWeight`: how much a worker of the same domain is preferred, null when absent
///
/// Source: Dynamo's model runtime configuration, `topology_domains` and `kv_transfer_*`.
///
/// Immutable.
public record KvTransfer(
        Map<String, String> domains,
        @Nullable String domain,
        @Nullable Enforcement enforcement,
        @Nullable Float preferredWeight) {
    public static final KvTransfer ANY = new KvTransfer(Map.of(), null, null, null);

    /// How strongly the domain is wanted.
    public enum Enforcement {
        REQUIRED,
        PREFERRED
    }

    public KvTransfer {
        domains = Map.copyOf(domains);
    }
}
