package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.picker.RequestLifecycle;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Pools whose pods are engines without Dynamo, listed or not.
class EnginePoolTest {
    private static final String POOL = "ns/pool";
    private static final String FIRST = "10.1.0.1:8000";
    private static final String SECOND = "[fd00::2]:8000";
    private static final String THIRD = "10.1.0.3:8000";

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelFiles files;

    @BeforeEach
    void open() throws IOException {
        fixture = RouterFixture.withTheOtherChoices(folder);
        files = WarmUpModel.in(folder);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aListedEngineIsThePodWithItsAddress() {
        fixture.serve(engine(71, FIRST, aggregated("m")), engine(72, "[fd00:0::2]:8000", aggregated("m")));
        fixture.router().onPool(POOL, pods(FIRST, SECOND));

        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 8; i++) {
            PickResult.Routed routed = fixture.route(chat("m"));
            assertThat(routed.headers().set()).isEmpty();
            assertThat(routed.body()).isEqualTo(BodyEdit.NONE);
            seen.add(routed.endpoint());
        }

        assertThat(seen).containsExactlyInAnyOrder(FIRST, SECOND);
        assertThat(fixture.active.reservations()).isEqualTo(8);
    }

    @Test
    void enginesOutsideThePoolAreNotChosen() {
        fixture.serve(engine(71, FIRST, aggregated("m")), engine(72, THIRD, aggregated("m")));
        fixture.router().onPool(POOL, pods(FIRST, SECOND));

        for (int i = 0; i < 4; i++) {
            assertThat(fixture.route(chat("m")).endpoint()).isEqualTo(FIRST);
        }
    }

    @Test
    void enginesThatAreListedAfterThePoolIsKnownAreFound() {
        fixture.router().onPool(POOL, pods(FIRST, SECOND));
        fixture.serve(engine(71, FIRST, aggregated("m")));
        assertThat(fixture.route(chat("m")).endpoint()).isEqualTo(FIRST);

        fixture.serve(engine(72, SECOND, aggregated("m")));
        assertThat(fixture.route(chat("m")).endpoint()).isEqualTo(SECOND);
    }

    @Test
    void aSubsetIsOneOfPodsInAnySpelling() {
        fixture.serve(engine(71, FIRST, aggregated("m")), engine(72, SECOND, aggregated("m")));
        fixture.router().onPool(POOL, pods(FIRST, SECOND));

        for (int i = 0; i < 4; i++) {
            assertThat(fixture.route(chat("m", "[fd00:0:0::2]:8000")).endpoint())
                    .isEqualTo(SECOND);
        }
    }

    @Test
    void fallbacksAreListedPodsInAnySpelling() {
        fixture.serve(
                engine(71, FIRST, aggregated("m")),
                engine(72, "[fd00:0::2]:8000", aggregated("m")),
                engine(73, THIRD, aggregated("other")));
        fixture.router().onPool(POOL, pods(FIRST, SECOND, THIRD));

        PickResult.Routed routed = fixture.route(chat("m"));

        assertThat(List.of(routed.endpoint(), routed.fallbacks().getFirst())).containsExactlyInAnyOrder(FIRST, SECOND);
    }

    @Test
    void whatNobodyListedIsRoutedByLoad() {
        fixture.router().onPool(POOL, pods(FIRST, SECOND, THIRD));

        List<PickResult.Routed> open = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            open.add(fixture.route(chat("any")));
        }
        assertThat(open.stream().map(PickResult.Routed::endpoint).filter(FIRST::equals))
                .hasSize(3);

        open.stream()
                .filter(each -> each.endpoint().equals(SECOND))
                .forEach(each -> each.lifecycle().completed());
        for (int i = 0; i < 3; i++) {
            assertThat(fixture.route(chat("any")).endpoint()).isEqualTo(SECOND);
        }
    }

    @Test
    void aModelThatOnlyAnotherPoolServesIsRoutedByLoadToo() {
        fixture.serve(engine(71, FIRST, aggregated("m")));
        fixture.router().onPool(POOL, pods(SECOND));

        assertThat(fixture.route(chat("m")).endpoint()).isEqualTo(SECOND);
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void aBodyThatNobodyReadGoesToAnEngineOfItsPool() {
        fixture.serve(engine(71, FIRST, aggregated("a")), engine(72, SECOND, aggregated("b")));
        fixture.router().onPool(POOL, pods(SECOND));
        PickRequest opaque = fixture.request("POST", "/x", "application/json", "{}".getBytes(StandardCharsets.UTF_8))
                .inPool(POOL);

        for (int i = 0; i < 3; i++) {
            assertThat(fixture.route(opaque).endpoint()).isEqualTo(SECOND);
        }
        assertThat(fixture.active.reservations()).isEqualTo(3);
    }

    @Test
    void scoresAreOfTheEnginesThatWereCompared() {
        fixture.serve(
                engine(71, FIRST, aggregated("m")),
                engine(72, SECOND, aggregated("m")),
                engine(73, THIRD, aggregated("other")));
        fixture.router().onPool(POOL, pods(FIRST, SECOND, THIRD));
        PickResult.Routed busy = fixture.route(chat("m"));
        PickResult.Routed next = fixture.route(chat("m"));

        assertThat(next.endpointScores())
                .containsOnlyKeys(FIRST, SECOND)
                .containsEntry(next.endpoint(), 1.0)
                .hasEntrySatisfying(busy.endpoint(), score -> assertThat(score).isBetween(0.0, 0.99));
        assertThat(fixture.route(chat("m", FIRST)).endpointScores()).containsOnlyKeys(FIRST);
    }

    @Test
    void withoutReadyPodsEverythingIsRefused() {
        fixture.serve(engine(71, FIRST, aggregated("m")));
        fixture.router().onPool(POOL, PoolEndpoints.NONE);

        for (String model : List.of("m", "any")) {
            assertThat(fixture.pick(chat(model)))
                    .isInstanceOfSatisfying(
                            PickResult.Rejected.class,
                            rejected -> assertThat(rejected.reason()).isEqualTo(RejectReason.NO_WORKERS));
        }
    }

    @Test
    void aRequestThatAFallbackTookOverIsBookedThereAlone() {
        PickResult.Routed routed = routedAmongTwo();
        String dead = routed.endpoint();
        String other = routed.fallbacks().getFirst();

        routed.lifecycle().servedBy(other);

        assertThat(fixture.active.reservations()).isEqualTo(1);
        assertThat(requests(dead)).isZero();
        assertThat(requests(other)).isEqualTo(1);
        assertThat(fixture.sent).singleElement().asString().startsWith(id(other) + ":0 ");

        answer(routed.lifecycle());
        assertThat(fixture.active.reservations()).isZero();
        assertThat(fixture.sent).hasSize(1);
    }

    @Test
    void whoeverDidNotAnswerIsNotNamedFirstForAMomentAndIsEjectedWhenItHappensAgain() {
        String dead = routedAmongTwo().endpoint();
        String other = dead.equals(FIRST) ? SECOND : FIRST;
        for (int failures = 1; failures <= 2; failures++) {
            PickResult.Routed routed = namedFirst(dead);
            routed.lifecycle().servedBy(other);
            answer(routed.lifecycle());
            assertThat(fixture.route(chat("m")).endpoint()).isEqualTo(other);

            fixture.nanos.addAndGet(Duration.ofSeconds(3).toNanos());
        }

        for (int i = 0; i < 8; i++) {
            PickResult.Routed routed = fixture.route(chat("m"));
            assertThat(routed.endpoint()).isEqualTo(other);
            assertThat(routed.fallbacks()).containsExactly(dead);
        }
    }

    @Test
    void anotherSpellingOfTheEndpointIsTheEndpoint() {
        fixture.serve(engine(72, SECOND, aggregated("m")));
        fixture.router().onPool(POOL, pods(SECOND));
        PickResult.Routed routed = fixture.route(chat("m"));

        routed.lifecycle().servedBy("[fd00:0::2]:8000");

        assertThat(requests(SECOND)).isEqualTo(1);
        fixture.serve(engine(71, FIRST, aggregated("m")), engine(72, SECOND, aggregated("m")));
        fixture.router().onPool(POOL, pods(FIRST, SECOND));
        answer(routed.lifecycle());
        assertThat(IntStream.range(0, 8).mapToObj(_ -> fixture.route(chat("m")).endpoint()))
                .contains(SECOND);
    }

    @Test
    void whatAStrangerServedBurdensNobody() {
        PickResult.Routed routed = routedAmongTwo();

        routed.lifecycle().servedBy("10.9.9.9:8000");
        assertThat(fixture.active.reservations()).isZero();
        assertThat(fixture.sent).isEmpty();

        answer(routed.lifecycle());
        assertThat(fixture.active.reservations()).isZero();
    }

    @Test
    void whatEndedMeanwhileIsNotBookedAgain() {
        PickResult.Routed routed = routedAmongTwo();

        routed.lifecycle().completed();
        routed.lifecycle().servedBy(routed.fallbacks().getFirst());

        assertThat(fixture.active.reservations()).isZero();
    }

    private PickResult.Routed routedAmongTwo() {
        fixture.serve(engine(71, FIRST, aggregated("m")), engine(72, SECOND, aggregated("m")));
        fixture.router().onPool(POOL, pods(FIRST, SECOND));
        return fixture.route(chat("m"));
    }

    /// Ends those that went elsewhere.
    private PickResult.Routed namedFirst(String endpoint) {
        for (int i = 0; i < 100; i++) {
            PickResult.Routed routed = fixture.route(chat("m"));
            if (routed.endpoint().equals(endpoint)) {
                return routed;
            }
        }
        throw new AssertionError("never named first: " + endpoint);
    }

    private static void answer(RequestLifecycle lifecycle) {
        lifecycle.responseHeaders(200, "text/event-stream");
        lifecycle.responseBody(
                ByteBuffer.wrap(
                        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n".getBytes(StandardCharsets.UTF_8)),
                true);
        lifecycle.completed();
    }

    private int requests(String endpoint) {
        return fixture.inspection().workers().stream()
                .filter(row -> row.workerId().equals(id(endpoint)))
                .mapToInt(row -> row.activeRequests())
                .sum();
    }

    private static String id(String endpoint) {
        return endpoint.equals(FIRST) ? "71" : "72";
    }

    /// Pods as the API server tells them: their names mean nothing to engines.
    private static PoolEndpoints pods(String... endpoints) {
        Map<Long, PoolEndpoints.Pod> byName = new HashMap<>();
        for (int i = 0; i < endpoints.length; i++) {
            byName.put(1000L + i, PoolEndpoints.Pod.entered(List.of(endpoints[i])));
        }
        return new PoolEndpoints(List.of(endpoints), byName);
    }

    private Worker engine(long id, String address, ModelCards cards) {
        Worker worker = cards.files(files).on(id);
        return new Worker(id, worker.endpoint(), worker.cards(), address);
    }

    private PickRequest chat(String model, String... subset) {
        PickRequest request = fixture.chat(model, "hello");
        return new PickRequest(
                        request.requestId(),
                        request.method(),
                        request.path(),
                        request.headers(),
                        request.body(),
                        false,
                        subset.length == 0 ? null : EndpointSubset.of(List.of(subset)))
                .inPool(POOL);
    }
}
