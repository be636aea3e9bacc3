package io.kvepp.kube;

/// A kind of namespaced object. `group` is empty for the core kinds.
///
/// Immutable.
public record KubeKind(String group, String version, String plural, String name) {
    public static final KubeKind POD = new KubeKind("", "v1", "pods", "Pod");
    public static final KubeKind ENDPOINT_SLICE =
            new KubeKind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");

    /// `plural.group`, as in the rules of a Role.
    @Override
    public String toString() {
        return group.isEmpty() ? plural : plural + "." + group;
    }
}
