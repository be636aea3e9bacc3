/// The Kubernetes API as the rest of the house sees it: kinds of objects that are watched, and the
/// objects that exist now.
///
/// Starting points: [KubeApi] (the contract), [KubeClient] (against a real API server),
/// [KubeConfig].
///
/// Imports `config` and `metrics`. The only package that imports fabric8; it reads and watches, and
/// writes nothing.
@NullMarked
package io.kvepp.kube;

import org.jspecify.annotations.NullMarked;
