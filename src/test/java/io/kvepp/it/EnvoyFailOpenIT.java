package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.HangingUpstream;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.EnvoyBootstrap;
import io.kvepp.it.stack.EnvoyBootstrap.Asking;
import io.kvepp.it.stack.EnvoyBootstrap.Route;
import io.kvepp.it.stack.EnvoyFleet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What clients of real Envoys of five releases get while kv-epp is down, not ready, killed or
/// stopped, where `failure_mode_allow` is set and where it is not.
///
/// A gateway that holds the body itself goes on without a picker. In full duplex a body part that
/// was sent to the picker is gone, so there Envoy can go on only while none was; whether the first
/// part overtakes the news that nobody listens is chance. In every mode a request reaches an
/// upstream whole and once, or not at all.
@ExtendWith(Deployments.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EnvoyFailOpenIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String NOT_READY = "not-ready";
    private static final String HOLDING = "holding";
    private static final String HANGING = "hanging";
    private static final String STOPPING = "stopping";
    private static final String OPEN = "open";
    private static final String FULL_DUPLEX = "full-duplex";
    private static final int WORKERS = 3;

    /// Modes in which the decision waits for the body.
    private static final List<String> HELD_MODES = List.of(FULL_DUPLEX, "buffered", "partial", "early");

    private static final List<String> STREAMED_RESPONSES = List.of(FULL_DUPLEX, "streamed");

    private final EnvoyStand stand;
    private final HangingUpstream hanging = new HangingUpstream();
    private final ServerSocket silent = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());

    EnvoyFailOpenIT(@Aggregated Deployment deployment, RealParts parts) throws IOException {
        stand = new EnvoyStand("envoy-fail-open", deployment, parts);
    }

    @BeforeAll
    void start() throws IOException {
        stand.startPicker(NOT_READY, stand.first.port(), "--router-min-initial-workers", "99");
        stand.startPicker(HOLDING, silent.getLocalPort(), "--router-queue-threshold", "0");
        stand.startPicker(HANGING, hanging.port());
        stand.startPicker(STOPPING, hanging.port(), "--drain-timeout", "1s");
        stand.startEnvoys(List.of(), EnvoyFailOpenIT::configure);
        stand.fleet.awaitReady(NOT_READY);
    }

    private static void configure(String version, EnvoyFleet.Listeners listeners) {
        Route balanced = Route.to(EnvoyBootstrap.OVERRIDE_HOST);
        Route original = Route.to(EnvoyBootstrap.ORIGINAL_DST);
        for (String mode : EnvoyRow.MODES) {
            for (String picker : List.of(EnvoyStand.DOWN, NOT_READY, HOLDING)) {
                Asking asking = EnvoyRow.asking(picker, mode);
                listeners.add(name(version, picker, mode, OPEN), balanced, asking.failingOpen());
                listeners.add(name(version, picker, mode), balanced, asking);
            }
        }
        for (String mode : STREAMED_RESPONSES) {
            Asking asking = EnvoyRow.asking(HANGING, mode);
            listeners.add(name(version, HANGING, mode), original, asking.failingOpen());
            listeners.add(name(version, STOPPING, mode), original, EnvoyRow.asking(STOPPING, mode));
        }
        listeners.add(name(version, HOLDING), original, Asking.fullDuplex(HOLDING));
    }

    private static String name(String... parts) {
        return String.join(" ", parts);
    }

    @AfterAll
    void stop() throws IOException {
        stand.close();
        hanging.close();
        silent.close();
    }

    static Stream<String> versions() {
        return EnvoyStand.versions();
    }

    static Stream<List<String>> ways() {
        return Stream.of(EnvoyStand.DOWN, NOT_READY)
                .flatMap(picker -> versions()
                        .flatMap(version -> EnvoyRow.MODES.stream().map(mode -> List.of(version, picker, mode))));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void withoutAPickerAGatewayThatFailsOpenServesAndAnotherRefuses(List<String> way) {
        String closed = String.join(" ", way);
        String open = closed + " " + OPEN;
        assertThat(new InferenceClient(stand.fleet.port(open)).get("/v1/models").status())
                .isEqualTo(200);
        assertThat(new InferenceClient(stand.fleet.port(closed))
                        .get("/v1/models")
                        .status())
                .isBetween(500, 504);

        for (int bytes : List.of(400, 200_000)) {
            Request request = new Request(stand.chat(bytes));
            HttpAnswer answer = stand.post(open, request.body(), "x-request-id", request.id());
            assertServedWholeOrNotAtAll(request, answer.status(), way.getLast().equals(FULL_DUPLEX));
            Request refused = new Request(stand.chat(bytes));
            assertThat(stand.post(closed, refused.body(), "x-request-id", refused.id())
                            .status())
                    .isBetween(500, 504);
            assertThat(begun(refused)).isZero();
        }
    }

    /// Every worker computes a prompt, so the picker holds a body and has not answered.
    @Test
    void aPickerThatIsKilledWhileItHoldsABodyLosesItInFullDuplexOnly() {
        List<RawExchange> occupying = Stream.generate(
                        () -> stand.send(name(EnvoyRow.NEWEST, HOLDING), stand.chat(4000), Headers.NONE))
                .limit(WORKERS)
                .toList();
        Await.until(
                "every worker is busy", LIMIT, () -> stand.fleet.admin(HOLDING).bookings() == WORKERS);
        Map<Request, RawExchange> held = new LinkedHashMap<>();
        Map<Request, RawExchange> halfway = new LinkedHashMap<>();
        versions()
                .forEach(version -> HELD_MODES.forEach(mode -> {
                    String listener = name(version, HOLDING, mode, OPEN);
                    Request whole = new Request(stand.chat(20_000), listener);
                    held.put(whole, stand.send(listener, whole.body(), Headers.of("x-request-id", whole.id())));
                    // Of a streamed body that stays away the picker does not wait for the rest.
                    if (!mode.equals("early")) {
                        Request half = new Request(stand.chat(20_000), listener);
                        halfway.put(
                                half, stand.send(listener, half.body(), 10_000, Headers.of("x-request-id", half.id())));
                    }
                }));
        Await.until(
                "they wait for a worker",
                LIMIT,
                () -> stand.fleet.admin(HOLDING).metric("kv_epp_queue_requests") == held.size());
        Await.until(
                "the others are there",
                LIMIT,
                () -> stand.fleet.admin(HOLDING).metric("kv_epp_ext_proc_streams_open")
                        == WORKERS + held.size() + halfway.size());

        stand.fleet.killPicker(HOLDING);

        held.forEach((request, exchange) -> {
            int status = exchange.answer().status();
            assertServedWholeOrNotAtAll(request, status, losesTheBody(request));
            exchange.close();
        });
        halfway.forEach((request, exchange) -> {
            if (losesTheBody(request)) {
                assertThat(exchange.answer().status()).as(request.what()).isBetween(500, 504);
                assertThat(begun(request)).as(request.what()).isZero();
            } else {
                int status = exchange.write(request.rest(10_000)).answer().status();
                assertServedWholeOrNotAtAll(request, status, false);
            }
            exchange.close();
        });
        occupying.forEach(RawExchange::close);
    }

    private static boolean losesTheBody(Request request) {
        return request.what().contains(FULL_DUPLEX);
    }

    private record Request(SentBody body, String id, String what) {
        Request(SentBody body) {
            this(body, "");
        }

        Request(SentBody body, String what) {
            this(body, UUID.randomUUID().toString(), what);
        }

        byte[] rest(int sent) {
            return Arrays.copyOfRange(body.bytes(), sent, body.bytes().length);
        }
    }

    private int begun(Request request) {
        return stand.first.begun(request.id()) + stand.second.begun(request.id());
    }

    private void assertServedWholeOrNotAtAll(Request request, int status, boolean mayFail) {
        if (mayFail && status != 200) {
            assertThat(status).as(request.what()).isBetween(500, 504);
            assertThat(begun(request)).as(request.what()).isZero();
        } else {
            assertThat(status).as(request.what()).isEqualTo(200);
            assertThat(begun(request)).as(request.what()).isEqualTo(1);
            request.body().assertWhole(stand.upstream(request.id()).request(request.id()));
        }
    }

    /// In full duplex a body part that the picker has not sent back is gone, so Envoy breaks the
    /// answer off.
    @Test
    void anAnswerOutlivesAKilledPickerWhereTheGatewayFailsOpenAndKeepsTheBody() {
        Map<String, RawExchange> running = begunInEveryMode(HANGING);
        stand.fleet.killPicker(HANGING);
        hanging.finish();

        running.forEach((listener, exchange) -> {
            if (listener.endsWith(FULL_DUPLEX)) {
                assertThat(exchange.rest()).as(listener).isEmpty();
            } else {
                assertThat(exchange.rest()).as(listener).contains("data: 2").contains(HangingUpstream.TRAILER);
            }
            exchange.close();
        });
    }

    @Test
    void anAnswerOutlivesAPickerThatStopsWhereverTheGatewayGoesOn() {
        Map<String, RawExchange> running = begunInEveryMode(STOPPING);
        stand.fleet.stopPicker(STOPPING);
        hanging.finish();

        running.forEach((listener, exchange) -> {
            assertThat(exchange.rest()).as(listener).contains("data: 2").contains(HangingUpstream.TRAILER);
            exchange.close();
        });
    }

    /// Requests whose answers have begun, by listener.
    private Map<String, RawExchange> begunInEveryMode(String picker) {
        Map<String, RawExchange> running = new LinkedHashMap<>();
        versions()
                .forEach(version -> STREAMED_RESPONSES.forEach(mode -> {
                    String listener = name(version, picker, mode);
                    RawExchange exchange = stand.send(listener, stand.chat(400), Headers.NONE);
                    exchange.awaitLine("data: 1");
                    running.put(listener, exchange);
                }));
        return running;
    }
}
