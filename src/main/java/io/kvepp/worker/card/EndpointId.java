package io.kvepp.worker.card;

/// A Dynamo endpoint: `namespace/component/name`. Not to be confused with an `ip:port`.
///
/// Immutable.
public record EndpointId(String namespace, String component, String name) {
    @Override
    public String toString() {
        return namespace + "/" + component + "/" + name;
    }
}
