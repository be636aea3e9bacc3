package io.kvepp.kube;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where the API server is and who asks it.
///
/// - `kubeconfig`: the file that says so; null: the service account that Kubernetes gives every pod
/// - `namespace`: the own namespace; empty: that of the service account or kubeconfig
/// - `serviceHost`, `servicePort`: the API server inside a cluster; no host means outside of one
/// - `serviceAccount`: folder with `token`, `ca.crt` and `namespace`
/// - `requestTimeout`: longest time to list objects
///
/// Immutable.
public record KubeConfig(
        @Nullable Path kubeconfig,
        String namespace,
        String serviceHost,
        int servicePort,
        Path serviceAccount,
        Duration requestTimeout) {
    private static final String SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

    public KubeConfig {
        check(servicePort >= 1 && servicePort <= 65_535, "kubernetes-service-port", servicePort, "1 to 65535");
        check(requestTimeout.isPositive(), "kube-request-timeout", requestTimeout, "> 0");
    }

    public static KubeConfig from(Options options) {
        @Nullable
        String kubeconfig = options.option(
                        "kubeconfig",
                        "file that names the Kubernetes API server; else the pod's service account is used")
                .env("KUBECONFIG")
                .optionalString();
        return new KubeConfig(
                kubeconfig == null ? null : Path.of(kubeconfig),
                options.option("kube-namespace", "own Kubernetes namespace; empty: that of the account")
                        .env("POD_NAMESPACE")
                        .string(""),
                options.option("kubernetes-service-host", "Kubernetes API server, as every pod is told it")
                        .env("KUBERNETES_SERVICE_HOST")
                        .string(""),
                options.option("kubernetes-service-port", "its port")
                        .env("KUBERNETES_SERVICE_PORT")
                        .integer(443),
                Path.of(options.option("kube-service-account", "folder with token, ca.crt and namespace")
                        .string(SERVICE_ACCOUNT)),
                options.option("kube-request-timeout", "longest time to list objects of Kubernetes")
                        .duration(Duration.ofSeconds(10)));
    }
}
