package io.kvepp.kube;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeConfigTest {
    private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @TempDir
    private Path folder;

    @Test
    void theDefaults() {
        assertThat(KubeConfig.from(Options.defaults())).isEqualTo(new KubeConfig(null, "", "", 443, ACCOUNT, TIMEOUT));
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "kubeconfig", "/k",
                "kube-namespace", "n",
                "kubernetes-service-host", "10.0.0.1",
                "kubernetes-service-port", "6443",
                "kube-service-account", "/a",
                "kube-request-timeout", "3s");

        assertThat(KubeConfig.from(options))
                .isEqualTo(new KubeConfig(Path.of("/k"), "n", "10.0.0.1", 6443, Path.of("/a"), Duration.ofSeconds(3)));
        assertAllFrom("flag", options);
    }

    @Test
    void whatKubernetesTellsEveryPodIsRead() {
        Options options = new Options(
                Map.of(),
                Map.of(
                        "KUBERNETES_SERVICE_HOST", "10.96.0.1",
                        "KUBERNETES_SERVICE_PORT", "6443",
                        "POD_NAMESPACE", "dyn",
                        "KUBECONFIG", "/k"));

        assertThat(KubeConfig.from(options))
                .isEqualTo(new KubeConfig(Path.of("/k"), "dyn", "10.96.0.1", 6443, ACCOUNT, TIMEOUT));
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                () -> new KubeConfig(null, "", "", 0, ACCOUNT, TIMEOUT),
                "kubernetes-service-port: 0 (expected: 1 to 65535)");
        assertRefused(
                () -> new KubeConfig(null, "", "", 1, ACCOUNT, Duration.ZERO),
                "kube-request-timeout: 0s (expected: > 0)");
    }

    @Test
    void thePodsAccountIsUsedWithoutKubeconfig() throws IOException {
        Files.writeString(folder.resolve("token"), "secret\n");
        Files.writeString(folder.resolve("namespace"), "dyn\n");
        var access = Access.of(new KubeConfig(null, "", "fd00::1", 443, folder, TIMEOUT));

        assertThat(access.getMasterUrl()).startsWith("https://[fd00::1]:443");
        assertThat(access.getNamespace()).isEqualTo("dyn");
        assertThat(access.getOauthTokenProvider().getToken()).isEqualTo("secret");

        Files.writeString(folder.resolve("token"), "replaced");
        assertThat(access.getOauthTokenProvider().getToken()).isEqualTo("replaced");
    }

    @Test
    void theOwnNamespaceCanBeNamed() throws IOException {
        Files.writeString(folder.resolve("token"), "secret");

        assertThat(Access.of(new KubeConfig(null, "other", "10.0.0.1", 443, folder, TIMEOUT))
                        .getNamespace())
                .isEqualTo("other");
        assertThat(Access.of(new KubeConfig(null, "", "10.0.0.1", 443, folder, TIMEOUT))
                        .getNamespace())
                .isEqualTo("default");
    }

    @Test
    void whatIsMissingIsNamed() {
        Path absent = folder.resolve("absent");
        assertRefused(
                () -> Access.of(new KubeConfig(absent, "", "", 443, folder, TIMEOUT)),
                "kubeconfig: " + absent + " (expected: a readable kubeconfig)");
        assertRefused(
                () -> Access.of(new KubeConfig(null, "", "", 443, folder, TIMEOUT)),
                "kubernetes-service-host:  (expected: the API server, or --kubeconfig outside of a cluster)");
        assertRefused(
                () -> Access.of(new KubeConfig(null, "", "10.0.0.1", 443, folder, TIMEOUT)),
                "kube-service-account: " + folder + " (expected: a folder with a readable token)");
    }
}
