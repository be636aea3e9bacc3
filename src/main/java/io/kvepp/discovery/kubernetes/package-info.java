/// Discovery through the Kubernetes API: what each worker's pod says of itself, and whether that pod
/// is ready.
///
/// Starting points: [KubernetesDiscovery], [KubernetesRegistration], [KubernetesDiscoveryConfig].
///
/// Imports `discovery`, `kube`, `worker`, `worker.card`, `metrics` and `config`.
@NullMarked
package io.kvepp.discovery.kubernetes;

import org.jspecify.annotations.NullMarked;
