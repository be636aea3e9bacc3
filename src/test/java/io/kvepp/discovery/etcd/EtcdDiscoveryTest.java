package io.kvepp.discovery.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.discovery.testing.WorkerDiscoveryContract;
import io.kvepp.eventplane.testing.Await;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EtcdDiscoveryTest extends WorkerDiscoveryContract {
    private static final EtcdDiscovery.Pace FAST = new EtcdDiscovery.Pace(
            Duration.ofMillis(20), Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofMillis(20));

    private final FakeEtcd etcd = new FakeEtcd();

    @Override
    protected WorkerDiscovery open() {
        return new EtcdDiscovery(
                EtcdConfig.from(Options.defaults()), new DiscoveryConfig(""), metrics, FAST, _ -> etcd);
    }

    @Override
    protected long put(int worker) {
        DynamoWorker dynamo = new DynamoWorker(worker);
        dynamo.entries().forEach((key, json) -> etcd.put(key, json.getBytes(StandardCharsets.UTF_8)));
        return dynamo.id();
    }

    @Override
    protected void remove(int worker) {
        new DynamoWorker(worker).entries().keySet().forEach(etcd::delete);
    }

    @Override
    protected void damage(int worker) {
        etcd.put(new DynamoWorker(worker).cardKey(), "{".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aServerThatIsAwayAtTheStartIsWaitedFor() {
        long id = put(1);
        etcd.goAway();
        discovery().start(sets::add);
        Await.until("the first attempt", () -> !discovery().connected());
        assertThat(discovery().synced()).isFalse();

        etcd.comeBack();

        awaitWorkers(Set.of(id));
        assertThat(discovery().connected()).isTrue();
    }

    @Test
    void theLastSetStaysWhileTheServerIsAwayAndWhatChangedMeanwhileComesAfterwards() {
        long first = put(1);
        long second = put(2);
        discovery().start(sets::add);
        awaitWorkers(Set.of(first, second));
        etcd.goAway();
        remove(1);
        long third = put(3);
        Await.until("it is noticed", () -> !discovery().connected());
        assertThat(sets.getLast().workers()).hasSize(2);

        etcd.comeBack();

        awaitWorkers(Set.of(second, third));
        Await.until("it is told", discovery()::connected);
    }

    @Test
    void aWatchThatIsLostIsReplacedByReadingEverything() {
        long first = put(1);
        discovery().start(sets::add);
        awaitWorkers(Set.of(first));
        etcd.stopTelling();
        remove(1);
        long second = put(2);

        etcd.loseWatch("compacted");

        awaitWorkers(Set.of(second));
        assertThat(metrics.scrape()).contains("kv_epp_discovery_resyncs_total 1.0");
        assertThat(etcd.reads()).isEqualTo(2);
    }

    @Test
    void aServerThatWasSetBackIsReadAnew() {
        long first = put(1);
        discovery().start(sets::add);
        awaitWorkers(Set.of(first));
        etcd.stopTelling();
        remove(1);
        etcd.setBack(2);

        awaitWorkers(Set.of());
    }

    @Test
    void moreChangesThanCanWaitAreReadAnew() {
        EtcdChanges changes = new EtcdChanges();
        for (int i = 0; i < EtcdChanges.WAITING_MAX; i++) {
            changes.deleted("k");
        }
        assertThat(changes.loss()).isNull();

        changes.deleted("k");

        assertThat(changes.loss()).contains("changes at once");
    }
}
