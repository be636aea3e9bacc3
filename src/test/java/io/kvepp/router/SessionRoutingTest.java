package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The requests of a session go to one worker.
class SessionRoutingTest {
    private static final int[] TOKENS = new int[64];
    private static final String SESSION = "x-dynamo-session-id";

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        cards = aggregated("m").files(WarmUpModel.in(folder));
        fixture.serve(cards.on(1), cards.on(2), cards.on(3));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @CsvSource({
        "x-dynamo-session-id, a, x-dynamo-session-id, a, true",
        "x-dynamo-session-id, a, x-dynamo-session-id, b, false",
        "x-claude-code-session-id, a, x-claude-code-session-id, ' a ', true",
        "thread-id, a, thread-id, a, true",
        "x-session-id, a, x-session-id, a, true",
        "x-session-id, a, thread-id, a, true",
        "x-dynamo-session-id, ' ', x-dynamo-session-id, ' ', false",
        "x-other, a, x-other, a, false"
    })
    void aSessionIsNamedByTheHeadersOfSeveralAgents(
            String firstName, String firstValue, String secondName, String secondValue, boolean same) {
        String first = workers(fixture.route(ids(firstName, firstValue)));
        String second = workers(fixture.route(ids(secondName, secondValue)));

        // Without a session the second request shuns the worker that is busy with the first.
        assertThat(second.equals(first)).isEqualTo(same);
    }

    @Test
    void aChildAgentIsASessionOfItsOwn() {
        String root = workers(fixture.route(ids("x-claude-code-session-id", "s")));
        String child = workers(fixture.route(ids("x-claude-code-session-id", "s", "x-claude-code-agent-id", "c")));

        assertThat(child).isNotEqualTo(root);
        assertThat(workers(fixture.route(ids("x-claude-code-session-id", "s", "x-claude-code-agent-id", "c"))))
                .isEqualTo(child);
    }

    @Test
    void dynamosOwnHeaderComesFirst() {
        String first = workers(fixture.route(ids(SESSION, "s")));

        assertThat(workers(fixture.route(ids("thread-id", "t", SESSION, "s")))).isEqualTo(first);
    }

    @Test
    void aSessionFollowsItsWorkerAgainstACacheElsewhere() {
        String bound = workers(fixture.route(ids(SESSION, "s")));
        long other = bound.equals("1") ? 2 : 1;
        fixture.hold(other, cards.card(), TOKENS, 4);

        assertThat(workers(fixture.route(ids(SESSION, "s")))).isEqualTo(bound);
        assertThat(workers(fixture.route(ids()))).isEqualTo(Long.toString(other));
    }

    @Test
    void aSessionWhoseWorkerLeftIsBoundAnew() {
        String bound = workers(fixture.route(ids(SESSION, "s")));
        fixture.serve(cards.on(bound.equals("1") ? 2 : 1), cards.on(4));

        String rebound = workers(fixture.route(ids(SESSION, "s")));
        assertThat(rebound).isNotEqualTo(bound);
        assertThat(workers(fixture.route(ids(SESSION, "s")))).isEqualTo(rebound);
    }

    @Test
    void anIdleSessionIsForgotten() {
        PickResult.Routed first = fixture.route(ids(SESSION, "s"));
        fixture.nanos.addAndGet(Duration.ofMinutes(2).toNanos());
        assertThat(workers(fixture.route(ids(SESSION, "s"))))
                .as("while a request is under way")
                .isEqualTo(workers(first));
        assertThat(fixture.sessions.bound()).isOne();
        first.lifecycle().completed();
    }

    @Test
    void bothRolesOfASessionStay() {
        fixture.serve(
                prefill("m").files(cards.files()).on(1),
                prefill("m").files(cards.files()).on(2),
                decode("m").files(cards.files()).on(3),
                decode("m").files(cards.files()).on(4));

        String bound = workers(fixture.route(ids(SESSION, "s")));

        assertThat(workers(fixture.route(ids(SESSION, "s")))).isEqualTo(bound);
        assertThat(workers(fixture.route(ids(SESSION, "s")))).isEqualTo(bound);
    }

    @Test
    void anIdBeyondTheLimitIsRefused() {
        assertThat(fixture.pick(ids(SESSION, "x".repeat(257))))
                .isEqualTo(new PickResult.Rejected(
                        RejectReason.MALFORMED, "session id: too long (expected: at most 256 bytes)", null));
        fixture.route(ids(SESSION, "x".repeat(256)));
    }

    private PickRequest ids(String... headers) {
        return fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":" + Arrays.toString(TOKENS) + "}", headers);
    }
}
