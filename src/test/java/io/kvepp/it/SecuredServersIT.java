package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.etcd.EtcdConfig;
import io.kvepp.discovery.etcd.EtcdDiscovery;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import io.kvepp.it.stack.NatsServer;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.nats.NatsConfig;
import io.kvepp.nats.NatsConnection;
import io.kvepp.tls.TlsFiles;
import io.kvepp.worker.WorkerSet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Real servers that want to know who asks them.
@ExtendWith(Deployments.class)
class SecuredServersIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String PASSWORD = "for-the-test";
    private static final Map<String, String> ETCD_CERTIFICATES = Map.of(
            "ETCD_AUTH_CA", TlsFiles.path("ca.pem"),
            "ETCD_AUTH_CLIENT_CERT", TlsFiles.path("client.pem"),
            "ETCD_AUTH_CLIENT_KEY", TlsFiles.path("client.key"));
    private static final Map<String, String> NATS_CERTIFICATES = Map.of(
            "NATS_TLS_CA_CERT_PATH", TlsFiles.path("ca.pem"),
            "NATS_TLS_CLIENT_CERT_PATH", TlsFiles.path("client.pem"),
            "NATS_TLS_CLIENT_KEY_PATH", TlsFiles.path("client.key"));

    private final RealServers servers;
    private final Processes processes = new Processes(Project.logs().resolve("secured-servers"));
    private final EppMetrics metrics = new EppMetrics();

    SecuredServersIT(RealServers servers) {
        this.servers = servers;
    }

    @AfterEach
    void stop() {
        processes.close();
        metrics.close();
    }

    @Test
    void etcdTellsOnlyThoseWithCertificateAndPassword(@TempDir Path data) {
        EtcdServer etcd = EtcdServer.startWithTls(processes, servers.requireEtcd(), data);
        new DynamoWorker(1).entries().forEach(etcd::put);
        etcd.requirePassword("root", PASSWORD);
        List<WorkerSet> sets = new CopyOnWriteArrayList<>();
        Map<String, String> known = new HashMap<>(ETCD_CERTIFICATES);
        known.putAll(Map.of("ETCD_AUTH_USERNAME", "root", "ETCD_AUTH_PASSWORD", PASSWORD));
        Map<String, String> nameless = Map.of(
                "ETCD_AUTH_CA", TlsFiles.path("ca.pem"), "ETCD_AUTH_USERNAME", "root", "ETCD_AUTH_PASSWORD", PASSWORD);
        try (WorkerDiscovery allowed = etcd(etcd, known);
                WorkerDiscovery withoutCertificate = etcd(etcd, nameless);
                WorkerDiscovery withoutPassword = etcd(etcd, ETCD_CERTIFICATES);
                WorkerDiscovery withoutAuthority = etcd(etcd, Map.of())) {
            List<WorkerDiscovery> refused = List.of(withoutCertificate, withoutPassword, withoutAuthority);
            refused.forEach(discovery -> discovery.start(_ -> {}));
            allowed.start(sets::add);

            Await.until(
                    "the worker is found",
                    LIMIT,
                    () -> !sets.isEmpty() && sets.getLast().workers().size() == 1);
            assertThat(allowed.connected()).isTrue();
            assertThat(refused).noneMatch(WorkerDiscovery::synced).noneMatch(WorkerDiscovery::connected);
        } finally {
            etcd.requireNoPassword("root", PASSWORD);
        }
    }

    @Test
    void natsTalksOnlyToThoseWithCertificateAndPassword() {
        NatsServer server = NatsServer.start(
                processes,
                servers.requireNatsServer(),
                "--tls",
                "--tlscert",
                TlsFiles.path("server.pem"),
                "--tlskey",
                TlsFiles.path("server.key"),
                "--tlscacert",
                TlsFiles.path("ca.pem"),
                "--tlsverify",
                "--user",
                "kv-epp",
                "--pass",
                PASSWORD);
        Map<String, String> known = new HashMap<>(NATS_CERTIFICATES);
        known.putAll(Map.of("NATS_AUTH_USERNAME", "kv-epp", "NATS_AUTH_PASSWORD", PASSWORD));
        try (NatsConnection allowed = nats(server, known);
                NatsConnection withoutPassword = nats(server, NATS_CERTIFICATES);
                NatsConnection withoutCertificate =
                        nats(server, Map.of("NATS_TLS_CA_CERT_PATH", TlsFiles.path("ca.pem")))) {
            withoutPassword.start();
            withoutCertificate.start();
            allowed.start();

            Await.until("it is connected", LIMIT, allowed::connected);
            assertThat(withoutPassword.connected()).isFalse();
            assertThat(withoutCertificate.connected()).isFalse();
        }
    }

    private WorkerDiscovery etcd(EtcdServer etcd, Map<String, String> environment) {
        Options options = new Options(
                Map.of("etcd-endpoints", List.of(etcd.tlsEndpoint()), "etcd-timeout", List.of("1s")), environment);
        return new EtcdDiscovery(EtcdConfig.from(options), new DiscoveryConfig(""), metrics);
    }

    private static NatsConnection nats(NatsServer server, Map<String, String> environment) {
        String url = server.url().replace("nats://", "tls://");
        return new NatsConnection(NatsConfig.from(new Options(Map.of("nats-server", List.of(url)), environment)));
    }
}
