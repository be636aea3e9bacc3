package io.kvepp.discovery;

import io.kvepp.config.Options;

/// What every discovery backend needs to know.
///
/// - `namespacePrefix`: only workers whose Dynamo namespace starts with it exist; empty: all
///
/// Immutable.
public record DiscoveryConfig(String namespacePrefix) {
    public static DiscoveryConfig from(Options options) {
        return new DiscoveryConfig(
                options.option("namespace", "only workers whose Dynamo namespace starts with this; empty: all")
                        .env("DYN_NAMESPACE_PREFIX")
                        .env("DYN_NAMESPACE")
                        .string(""));
    }
}
