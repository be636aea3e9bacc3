package io.kvepp.kube;

import static io.kvepp.kube.testing.FakeApiServer.object;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.process.Await;
import io.kvepp.kube.testing.FakeApiServer;
import io.kvepp.metrics.EppMetrics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeClientTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private final EppMetrics metrics = new EppMetrics();
    private final AtomicInteger changes = new AtomicInteger();
    private FakeApiServer server;
    private KubeClient client;

    @BeforeEach
    void connect() throws IOException {
        server = new FakeApiServer();
        client = new KubeClient(
                new KubeConfig(server.kubeconfig(folder), "", "", 443, folder, Duration.ofSeconds(5)), metrics);
    }

    @AfterEach
    void disconnect() {
        client.close();
        server.close();
        metrics.close();
    }

    @Test
    void objectsAreListedThenFollowed() {
        server.list(object("b", 1) + "," + object("a", 2));
        KubeWatch watch = watch();
        awaitNames(watch, "a", "b");
        Await.until("synced", SOON, watch::synced);
        assertThat(watch.objects().getFirst().uid()).isEqualTo("u-a");

        server.event("ADDED", object("c", 10));
        awaitNames(watch, "a", "b", "c");

        int before = changes.get();
        server.event("MODIFIED", object("c", 11));
        Await.until("changed", SOON, () -> watch.objects().getLast().version().equals("11"));
        assertThat(changes.get()).isGreaterThan(before);

        server.event("DELETED", object("a", 12));
        awaitNames(watch, "b", "c");
    }

    @Test
    void aWatchThatIsGoneListsAnew() {
        server.list(object("a", 1) + "," + object("b", 2));
        KubeWatch watch = watch();
        awaitNames(watch, "a", "b");

        server.list(object("b", 2) + "," + object("c", 20));
        server.event(
                "ERROR",
                "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"too old\"}");
        awaitNames(watch, "b", "c");
    }

    @Test
    void objectsStayWhileTheServerRefuses() {
        server.list(object("a", 1));
        KubeWatch watch = watch();
        awaitNames(watch, "a");

        server.refuseLists(503);
        server.event("ERROR", "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}");
        Await.until("counted", SOON, () -> metrics.scrape().contains("kube_watch_failures_total{kind=\"pods\"}"));
        assertThat(names(watch)).containsExactly("a");
        Await.until("synced", SOON, watch::synced);

        server.list(object("b", 30));
        awaitNames(watch, "b");
    }

    @Test
    void aKindThatCannotBeReadIsTriedAgain() {
        server.refuseLists(403);
        KubeWatch watch = watch();
        Await.until("counted", SOON, () -> metrics.scrape().contains("kube_watch_failures_total{kind=\"pods\"}"));
        assertThat(watch.synced()).isFalse();

        server.list(object("a", 1));
        awaitNames(watch, "a");
        Await.until("synced", SOON, watch::synced);
    }

    @Test
    void anEmptyListIsSyncedToo() {
        KubeWatch watch = watch();

        Await.until("synced", SOON, watch::synced);
        assertThat(watch.objects()).isEmpty();
        assertThat(changes.get()).isPositive();
    }

    @Test
    void onlyTheScopeIsAskedFor() {
        KubeWatch labelled = client.watch(
                KubeKind.POD, KubeScope.labelled("dyn", Map.of("b", "2", "a", "1")), changes::incrementAndGet);
        Await.until("synced", SOON, labelled::synced);
        KubeWatch named = client.watch(KubeKind.POD, KubeScope.named("dyn", "one"), changes::incrementAndGet);
        Await.until("synced", SOON, named::synced);

        assertThat(server.queries())
                .anyMatch(query -> query.contains("labelSelector=a=1,b=2"))
                .anyMatch(query -> query.contains("fieldSelector=metadata.name=one"));
    }

    @Test
    void theNamespaceIsThatOfTheKubeconfig() {
        assertThat(client.namespace()).isEqualTo("dyn");
    }

    private KubeWatch watch() {
        return client.watch(KubeKind.POD, KubeScope.all("dyn"), changes::incrementAndGet);
    }

    private static List<String> names(KubeWatch watch) {
        return watch.objects().stream().map(KubeObject::name).toList();
    }

    private static void awaitNames(KubeWatch watch, String... names) {
        Await.until("objects " + List.of(names), SOON, () -> names(watch).equals(List.of(names)));
    }
}
