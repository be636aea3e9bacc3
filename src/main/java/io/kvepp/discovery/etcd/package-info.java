/// Discovery through etcd: Dynamo's own default.
///
/// Starting points: [EtcdDiscovery], [EtcdConfig], [EtcdClients] (the only way to a connection).
///
/// Imports `discovery`, `worker`, `metrics` and `config`. The only package that imports jetcd.
@NullMarked
package io.kvepp.discovery.etcd;

import org.jspecify.annotations.NullMarked;
