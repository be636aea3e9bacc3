package io.kvepp.scheduling.queue;

import static io.kvepp.scheduling.queue.QueueFixture.policyClass;
import static io.kvepp.scheduling.queue.QueueFixture.profile;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The shares of classes, as requests of one class after another are admitted to a single worker.
class DeficitRoundRobinTest {
    @Test
    void classesShareAsTheirQuantaDo() {
        QueueFixture fixture = new QueueFixture(
                profile(policyClass("big", QueuePolicy.FCFS, 512), policyClass("small", QueuePolicy.FCFS, 128)));
        fixture.ask("running", 1, 0);
        for (int i = 0; i < 100; i++) {
            fixture.ask("big" + i, "big", 0, 0, 64, 0, 0);
            fixture.ask("small" + i, "small", 0, 0, 64, 0, 0);
        }
        List<String> served = serve(fixture, 100);

        assertThat(served.stream().filter(name -> name.startsWith("big")).count())
                .isEqualTo(80);
    }

    /// The worked example of the documentation: 254 to 257 of the first 320 are of the larger class.
    @ParameterizedTest(name = "router 3.1 and 4.6: quanta 512 and 128, requests of {0} tokens")
    @ValueSource(ints = {32, 64, 128})
    void ofQuanta512And128TheFirst320RequestsAre256And64(int tokens) {
        QueueFixture fixture = new QueueFixture(
                profile(policyClass("premium", QueuePolicy.FCFS, 512), policyClass("basic", QueuePolicy.FCFS, 128)));
        fixture.ask("running", 1, 0);
        for (int i = 0; i < 320; i++) {
            fixture.ask("premium" + i, "premium", 0, 0, tokens, 0, 0);
            fixture.ask("basic" + i, "basic", 0, 0, tokens, 0, 0);
        }
        List<String> served = serve(fixture, 320);

        assertThat(served.stream().filter(name -> name.startsWith("premium")).count())
                .isBetween(254L, 257L);
    }

    @Test
    void sharesAreInTokensAndNotInRequests() {
        QueueFixture fixture = new QueueFixture(
                profile(policyClass("long", QueuePolicy.FCFS, 100), policyClass("short", QueuePolicy.FCFS, 100)));
        fixture.ask("running", 1, 0);
        for (int i = 0; i < 100; i++) {
            fixture.ask("long" + i, "long", 0, 0, 1000, 0, 0);
            fixture.ask("short" + i, "short", 0, 0, 100, 0, 0);
        }
        List<String> served = serve(fixture, 55);

        assertThat(served.stream().filter(name -> name.startsWith("long")).count())
                .isEqualTo(5);
    }

    @Test
    void aRequestLargerThanManyTurnsIsAdmittedWithoutGoingRoundForEach() {
        QueueFixture fixture = new QueueFixture(profile(policyClass("c", QueuePolicy.FCFS, 1)));
        fixture.ask("running", 1, 0);
        fixture.ask("huge", Integer.MAX_VALUE, 0);

        assertThat(serve(fixture, 1)).containsExactly("huge");
    }

    @Test
    void aClassWhoseWorkersAreBusyGainsNoCredit() {
        QueueFixture fixture = new QueueFixture(
                profile(policyClass("blocked", QueuePolicy.FCFS, 100), policyClass("free", QueuePolicy.FCFS, 100)));
        fixture.ask("on 1", 1, 1);
        fixture.ask("blocked0", "blocked", 0, 0, 100, 0, 1);
        fixture.ask("blocked1", "blocked", 0, 0, 100, 0, 1);
        fixture.ask("running", 1, 0);
        for (int i = 0; i < 20; i++) {
            fixture.ask("free" + i, "free", 0, 0, 100, 0, 0);
        }
        serve(fixture, 10);
        for (int i = 0; i < 10; i++) {
            fixture.ask("both" + i, "blocked", 0, 0, 100, 0, 0);
        }

        List<String> shared = serve(fixture, 10);
        assertThat(shared.stream().filter(name -> name.startsWith("both")).count())
                .as("no more than its share, though it had waited")
                .isEqualTo(5);
    }

    @Test
    void anEmptyClassLeavesTheWholeWorkerToOthers() {
        QueueFixture fixture = new QueueFixture(
                profile(policyClass("idle", QueuePolicy.FCFS, 1000), policyClass("busy", QueuePolicy.FCFS, 1)));
        fixture.ask("running", 1, 0);
        for (int i = 0; i < 10; i++) {
            fixture.ask("busy" + i, "busy", 0, 0, 500, 0, 0);
        }

        assertThat(serve(fixture, 10)).hasSize(10);
    }

    /// Ends what runs on rank 0 so often; returns what was admitted in its place.
    private static List<String> serve(QueueFixture fixture, int count) {
        List<String> served = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int before = fixture.admitted().size();
            String running = fixture.running.keySet().stream()
                    .filter(name -> !name.equals("on 1"))
                    .findFirst()
                    .orElseThrow();
            fixture.end(running);
            served.addAll(fixture.admitted().subList(before, fixture.admitted().size()));
        }
        return served;
    }
}
