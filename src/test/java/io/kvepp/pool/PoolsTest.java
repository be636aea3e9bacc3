package io.kvepp.pool;

import static io.kvepp.pool.PodFixture.leaving;
import static io.kvepp.pool.PodFixture.notReady;
import static io.kvepp.pool.PodFixture.pod;
import static io.kvepp.pool.PodFixture.pool;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.process.Await;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.testing.MemoryKube;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class PoolsTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Map<String, String> X = Map.of("app", "x");
    private static final Map<String, String> Y = Map.of("app", "y");
    private static final PoolConfig ONE = config(new PoolRef("", "one", PoolRef.MAIN_PORT));

    private final MemoryKube kube = new MemoryKube("ns");
    private final Map<String, List<String>> members = new ConcurrentHashMap<>();
    private final List<String> gateways = new CopyOnWriteArrayList<>();
    private Pools pools;

    @AfterEach
    void close() {
        pools.close();
    }

    @Test
    void membersFollowThePods() {
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", X, 1));
        start(ONE);
        await("one");

        kube.put(KubeKind.POD, pod("a", "x", "10.0.0.1"));
        kube.put(KubeKind.POD, pod("b", "y", "10.0.0.2"));
        await("one", "10.0.0.1:1");

        kube.put(KubeKind.POD, notReady(pod("a", "x", "10.0.0.1")));
        await("one");
        kube.put(KubeKind.POD, pod("a", "x", "10.0.0.3"));
        await("one", "10.0.0.3:1");
        kube.delete(KubeKind.POD, "a");
        await("one");
    }

    @Test
    void aSelectorOrPortThatChangesIsFollowed() {
        kube.put(KubeKind.POD, pod("a", "x", "10.0.0.1"));
        kube.put(KubeKind.POD, pod("b", "y", "10.0.0.2"));
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", X, 1));
        start(ONE);
        await("one", "10.0.0.1:1");

        kube.put(WatchedPool.INFERENCE_POOL, pool("one", Y, 1));
        await("one", "10.0.0.2:1");
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", Y, 2, 3));
        await("one", "10.0.0.2:2", "10.0.0.2:3");
        assertThat(kube.scopes(KubeKind.POD)).containsExactly(KubeScope.labelled("ns", Y));
    }

    @Test
    void aPoolThatIsDeletedHasNoMembersUntilItIsBack() {
        kube.put(KubeKind.POD, pod("a", "x", "10.0.0.1"));
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", X, 1));
        start(ONE);
        await("one", "10.0.0.1:1");

        kube.put(WatchedPool.INFERENCE_POOL, leaving((ObjectNode) pool("one", X, 1)));
        await("one");
        kube.delete(WatchedPool.INFERENCE_POOL, "one");
        assertThat(kube.scopes(KubeKind.POD)).isEmpty();
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", X, 4));
        await("one", "10.0.0.1:4");
    }

    @Test
    void aPoolThatDoesNotExistIsSyncedAndEmpty() {
        start(ONE);

        Await.until("synced", SOON, pools::synced);
        await("one");
    }

    @Test
    void nothingIsSyncedBeforeAllWasSeen() {
        kube.setSynced(false);
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", X, 1));
        start(ONE);
        assertThat(pools.synced()).isFalse();

        kube.setSynced(true);
        Await.until("synced", SOON, pools::synced);
    }

    @Test
    void severalPoolsAreToldApart() {
        kube.put(KubeKind.POD, pod("a", "x", "10.0.0.1"));
        kube.put(KubeKind.POD, pod("b", "y", "10.0.0.2"));
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", X, 1));
        kube.put(WatchedPool.INFERENCE_POOL, pool("two", Y, 2));
        start(config(new PoolRef("", "one", PoolRef.MAIN_PORT), new PoolRef("ns", "two", 9010)));

        await("one", "10.0.0.1:1");
        await("ns/two", "10.0.0.2:2");
    }

    @Test
    void gatewaysThatTakeUpAPoolAreToldOfOnce() {
        ObjectNode taken = (ObjectNode) pool("one", X, 1);
        taken.withObject("/status")
                .putArray("parents")
                .add(parent("a.example/c"))
                .add(parent("b.example/c"))
                .add(parent("a.example/c"));
        kube.put(WatchedPool.INFERENCE_POOL, pool("one", X, 1));
        start(ONE);
        await("one");
        assertThat(gateways).isEmpty();

        kube.put(WatchedPool.INFERENCE_POOL, taken);
        Await.until("they are told of", SOON, () -> !gateways.isEmpty());
        kube.put(KubeKind.POD, pod("a", "x", "10.0.0.1"));
        await("one", "10.0.0.1:1");
        assertThat(gateways).containsExactly("one a.example/c b.example/c");
    }

    @ParameterizedTest
    @CsvSource({"http, 0", "kubernetes.io/h2c, 0", "kubernetes.io/ws, 1"})
    void aProtocolThatNoGatewaySpeaksIsWarnedOfAndItsPodsServe(String protocol, int warnings) {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(WatchedPool.class);
        log.start();
        logger.setLevel(Level.WARN);
        logger.addAppender(log);
        try {
            ObjectNode odd = (ObjectNode) pool("one", X, 1);
            odd.withObject("/spec").put("appProtocol", protocol);
            kube.put(WatchedPool.INFERENCE_POOL, odd);
            start(ONE);
            kube.put(KubeKind.POD, pod("a", "x", "10.0.0.1"));
            await("one", "10.0.0.1:1");
        } finally {
            logger.detachAppender(log);
            logger.setLevel(null);
        }

        assertThat(log.list)
                .filteredOn(event -> event.getLevel() == Level.WARN)
                .hasSize(warnings)
                .allMatch(event -> event.getFormattedMessage()
                        .startsWith("pool one: appProtocol: " + protocol + " (expected: http or kubernetes.io/h2c)"));
    }

    private static ObjectNode parent(String controller) {
        return JsonNodeFactory.instance.objectNode().put("controllerName", controller);
    }

    @Test
    void podsAreSelectedWithoutAPool() {
        kube.put(KubeKind.POD, pod("a", "x", "10.0.0.1"));
        start(new PoolConfig(List.of(), X, List.of(7, 8)));

        await(Pools.SELECTED, "10.0.0.1:7", "10.0.0.1:8");
        assertThat(kube.scopes(WatchedPool.INFERENCE_POOL)).isEmpty();
    }

    private static PoolConfig config(PoolRef... pools) {
        return new PoolConfig(List.of(pools), Map.of(), List.of(8000));
    }

    private void start(PoolConfig config) {
        pools = new Pools(config, kube);
        pools.start(new PoolListener() {
            @Override
            public void onMembers(String pool, PoolMembers now) {
                members.put(pool, now.endpoints());
            }

            @Override
            public void onGateways(String pool, List<String> controllers) {
                gateways.add(pool + " " + String.join(" ", controllers));
            }
        });
    }

    private void await(String pool, String... endpoints) {
        Await.until(
                pool + " has " + List.of(endpoints),
                SOON,
                () -> List.of(endpoints).equals(members.get(pool)));
    }
}
