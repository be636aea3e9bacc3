package io.kvepp.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.kvepp.config.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The client library's configuration, made from ours alone: it reads no environment of its own.
final class Access {
    private static final String DEFAULT_NAMESPACE = "default";
    private static final String EXPECTED_FILE = "a readable kubeconfig";

    /// The first pause before a watch is tried again; the client doubles it up to 32 times as much.
    private static final int RECONNECT_MILLIS = 100;

    private Access() {}

    /// @throws ConfigurationException when neither a kubeconfig nor a service account is there
    static Config of(KubeConfig config) {
        Config access = config.kubeconfig() == null ? inCluster(config) : outside(config.kubeconfig());
        if (!config.namespace().isEmpty()) {
            access.setNamespace(config.namespace());
        } else if (access.getNamespace() == null || access.getNamespace().isEmpty()) {
            access.setNamespace(DEFAULT_NAMESPACE);
        }
        access.setRequestTimeout((int) config.requestTimeout().toMillis());
        access.setConnectionTimeout((int) config.requestTimeout().toMillis());
        access.setWatchReconnectInterval(RECONNECT_MILLIS);
        // The informers try again by themselves; a call that hides failures would hide them from the log.
        access.setRequestRetryBackoffLimit(0);
        return access;
    }

    private static Config outside(Path kubeconfig) {
        if (!Files.isReadable(kubeconfig)) {
            throw ConfigurationException.of("kubeconfig", kubeconfig, EXPECTED_FILE);
        }
        try {
            return Config.fromKubeconfig(kubeconfig.toFile());
        } catch (RuntimeException e) {
            throw ConfigurationException.of("kubeconfig", kubeconfig + ": " + e.getMessage(), EXPECTED_FILE);
        }
    }

    private static Config inCluster(KubeConfig config) {
        if (config.serviceHost().isEmpty()) {
            throw ConfigurationException.of(
                    "kubernetes-service-host", "", "the API server, or --kubeconfig outside of a cluster");
        }
        Path account = config.serviceAccount();
        Path token = account.resolve("token");
        if (!Files.isReadable(token)) {
            throw ConfigurationException.of("kube-service-account", account, "a folder with a readable token");
        }
        Path authority = account.resolve("ca.crt");
        String host = config.serviceHost().contains(":") ? "[" + config.serviceHost() + "]" : config.serviceHost();
        ConfigBuilder builder = new ConfigBuilder(Config.empty())
                .withMasterUrl("https://" + host + ":" + config.servicePort())
                .withNamespace(firstLine(account.resolve("namespace")))
                // Kubernetes replaces the token every hour.
                .withOauthTokenProvider(() -> String.valueOf(firstLine(token)));
        return Files.isReadable(authority)
                ? builder.withCaCertFile(authority.toString()).build()
                : builder.build();
    }

    private static @Nullable String firstLine(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file).strip() : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
