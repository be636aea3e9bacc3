package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.etcd.EtcdConfig;
import io.kvepp.discovery.etcd.EtcdDiscovery;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.discovery.testing.WorkerDiscoveryContract;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.EtcdServer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What every discovery keeps to, with a real etcd that asks for a password.
@ExtendWith(Deployments.class)
@TestInstance(TestInstance.Lifecycle.PER_METHOD)
class EtcdContractIT extends WorkerDiscoveryContract {
    private static final String PASSWORD = "for-the-test";

    private static Processes servers;
    private static EtcdServer etcd;

    @BeforeAll
    static void startEtcd(RealServers programs, @TempDir Path data) {
        servers = new Processes(Project.logs().resolve("etcd-contract"));
        etcd = EtcdServer.start(servers, programs.requireEtcd(), data);
    }

    @AfterAll
    static void stopEtcd() {
        if (servers != null) {
            servers.close();
        }
    }

    @Override
    protected WorkerDiscovery open() {
        etcd.deleteAll("v1/");
        return discovery(Map.of());
    }

    @Override
    protected long put(int worker) {
        DynamoWorker dynamo = new DynamoWorker(worker);
        dynamo.entries().forEach(etcd::put);
        return dynamo.id();
    }

    @Override
    protected void remove(int worker) {
        new DynamoWorker(worker).entries().keySet().forEach(etcd::delete);
    }

    @Override
    protected void damage(int worker) {
        etcd.put(new DynamoWorker(worker).cardKey(), "{");
    }

    @Test
    void whatHappenedWhileTheServerWasAwayAndWasCompactedComesAfterwards() {
        long first = put(1);
        discovery().start(sets::add);
        awaitWorkers(Set.of(first));
        etcd.process().pause();
        Await.until("it is noticed", () -> !discovery().connected());
        assertThat(sets.getLast().workers()).hasSize(1);
        etcd.process().resume();

        remove(1);
        long second = put(2);
        etcd.compact();

        awaitWorkers(Set.of(second));
        Await.until("it is noticed", discovery()::connected);
        etcd.kill();
        Await.until("it is noticed", () -> !discovery().connected());
        assertThat(sets.getLast().workers()).hasSize(1);
        etcd.start();
        etcd.deleteAll("v1/");
        awaitWorkers(Set.of());
    }

    @Test
    void moreEntriesThanOneAnswerHasAreAllRead() {
        Set<Long> ids = new HashSet<>();
        for (int worker = 1; worker <= 700; worker++) {
            DynamoWorker dynamo = new DynamoWorker(0x8000_0000_0000_0000L + worker);
            dynamo.entries().forEach((key, json) -> {
                if (!key.startsWith("v1/event")) {
                    etcd.put(key, json);
                }
            });
            ids.add(dynamo.id());
        }
        discovery().start(sets::add);

        awaitWorkers(ids);
        assertThat(sets.getFirst().workers()).hasSize(700);
    }

    @Test
    void aPasswordIsShownWhereOneIsAskedFor() {
        long first = put(1);
        etcd.requirePassword("root", PASSWORD);
        try (WorkerDiscovery named = discovery(Map.of("ETCD_AUTH_USERNAME", "root", "ETCD_AUTH_PASSWORD", PASSWORD))) {
            discovery().start(_ -> {});
            named.start(sets::add);

            awaitWorkers(Set.of(first));
            assertThat(named.connected()).isTrue();
            assertThat(discovery().synced()).isFalse();
            assertThat(discovery().connected()).isFalse();
        } finally {
            etcd.requireNoPassword("root", PASSWORD);
        }
    }

    private WorkerDiscovery discovery(Map<String, String> environment) {
        Options options = new Options(
                Map.of("etcd-endpoints", List.of(etcd.endpoint()), "etcd-timeout", List.of("1s")), environment);
        return new EtcdDiscovery(EtcdConfig.from(options), new DiscoveryConfig(""), metrics);
    }
}
