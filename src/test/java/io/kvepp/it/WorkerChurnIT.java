package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Workers die, leave and join while requests come.
@ExtendWith(Deployments.class)
class WorkerChurnIT {
    /// Dynamo's own, and kv-epp's default.
    private static final Duration TIME_TO_LIVE = Duration.ofSeconds(10);

    /// Half of a touch interval, and the time to look.
    private static final Duration MARGIN = Duration.ofSeconds(3);

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int SPREAD_REQUESTS = 40;

    /// After pauses of 5 and 10 seconds.
    private static final int TRIALS_MAX = 2;

    private final Stack stack;
    private Gateway gateway;
    private InferenceClient client;
    private long seed = 5_000_000;

    WorkerChurnIT(RealParts parts) {
        stack = new Stack("churn", parts, StackSettings.DEFAULT);
    }

    @BeforeEach
    void start() {
        stack.startWorkers(Role.AGGREGATED, Role.AGGREGATED);
        Stack.Frontend frontend = stack.launchFrontend("direct");
        gateway = stack.startGateway("churn", frontend.port());
        stack.awaitModelListed(frontend);
        client = new InferenceClient(gateway.port());
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void onlyLivingWorkersGetRequests() {
        SequencedMap<RawExchange, String> streams = streamsOnEveryWorker();
        // Of the newest stream, the only one there: the others may have ended by now.
        String newest = streams.lastEntry().getValue();
        WorkerProcess killed = stack.workers().stream()
                .filter(worker -> worker.workerId().equals(newest))
                .findFirst()
                .orElseThrow();
        killed.process().kill();
        stack.forget(killed);
        streams.forEach((stream, worker) -> {
            String rest = stream.rest();
            assertThat(rest.contains("\"error\""))
                    .as("a stream on %s: %s", worker, rest)
                    .isEqualTo(worker.equals(killed.workerId()));
            assertThat(rest).contains("data: [DONE]");
            stream.close();
        });
        onlyPicksOfTheDeadFailUntilItIsForgotten(killed.workerId());
        assertThat(workersPickedInARow()).isEqualTo(stack.workerIds(Role.AGGREGATED));

        stack.startWorkers(Role.AGGREGATED);
        stack.awaitWorkersKnown(gateway);
        Await.until(
                "the frontend reaches the worker that joined",
                LIMIT,
                () -> workersServing(4).equals(stack.workerIds(Role.AGGREGATED)));
        assertThat(workersPickedInARow()).isEqualTo(stack.workerIds(Role.AGGREGATED));

        for (WorkerProcess worker : stack.workers()) {
            worker.process().terminate();
            worker.process().awaitExit(LIMIT);
            stack.forget(worker);
        }
        Await.until(
                "kv-epp knows no worker",
                LIMIT,
                () -> gateway.admin().workerIds().isEmpty());
        assertThat(gateway.admin().bookings()).isZero();
        Completion gone = send();
        assertThat(gone.status()).isEqualTo(503);
        assertThat(gone.events().getFirst().at("/error/code").textValue()).isEqualTo("no_workers");
        assertThat(client.complete(
                                InferenceClient.CHAT,
                                Prompts.chat("never-seen", 4, "s", "u").toString())
                        .status())
                .isEqualTo(404);
    }

    /// Long streams, oldest first, with the worker that each was given to; the newest is under way.
    private SequencedMap<RawExchange, String> streamsOnEveryWorker() {
        SequencedMap<RawExchange, String> streams = new LinkedHashMap<>();
        while (!Set.copyOf(streams.values()).equals(stack.workerIds(Role.AGGREGATED))) {
            assertThat(streams).as("streams that all went to one worker").hasSizeLessThan(20);
            String requestId = UUID.randomUUID().toString();
            byte[] body = Prompts.streamed(
                            Prompts.chat(stack.settings().modelName(), 4000, "s", Prompts.text(seed++, 20)))
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
            RawExchange stream = new RawExchange(gateway.port())
                    .head(
                            "POST",
                            InferenceClient.CHAT,
                            Headers.of(
                                    "content-type",
                                    "application/json",
                                    "content-length",
                                    Integer.toString(body.length),
                                    "connection",
                                    "close",
                                    "x-request-id",
                                    requestId))
                    .write(body);
            stream.awaitLine("data:");
            streams.put(stream, gateway.admin().pick(requestId).decode().workerId());
        }
        return streams;
    }

    private void onlyPicksOfTheDeadFailUntilItIsForgotten(String dead) {
        long end = System.nanoTime() + TIME_TO_LIVE.plus(MARGIN).toNanos();
        int failedOnDead = 0;
        while (gateway.admin().workerIds().contains(dead)) {
            assertThat(System.nanoTime())
                    .as("time of the dead worker in discovery")
                    .isLessThan(end);
            Completion answer = send();
            if (!answer.isGood()) {
                failedOnDead++;
                // A frontend that forgets the worker first may still serve its picks from another.
                assertThat(picked(answer))
                        .as("the pick of a failed request: %s", answer)
                        .isEqualTo(dead);
            }
        }
        assertThat(failedOnDead)
                .as(
                        "failed picks of the dead worker: two at most before it is ejected, and each time it is tried again")
                .isBetween(1, 2 + TRIALS_MAX);
    }

    /// Sends prompts that share nothing; every one must be answered.
    private Set<String> workersPickedInARow() {
        Set<String> picked = new HashSet<>();
        for (int i = 0; i < SPREAD_REQUESTS; i++) {
            Completion answer = send();
            assertThat(answer.isGood()).as("%s", answer).isTrue();
            assertThat(answer.decodeWorker()).isEqualTo(picked(answer));
            picked.add(picked(answer));
        }
        return picked;
    }

    /// The workers of some requests, failed ones aside.
    private Set<String> workersServing(int requests) {
        Set<String> serving = new HashSet<>();
        for (int i = 0; i < requests; i++) {
            Completion answer = send();
            if (answer.isGood()) {
                serving.add(answer.decodeWorker());
            }
        }
        return serving;
    }

    private Completion send() {
        List<String> texts = List.of(Prompts.text(seed++, 20), "hello");
        return client.complete(
                InferenceClient.CHAT,
                Prompts.chat(stack.settings().modelName(), 4, texts.get(0), texts.get(1))
                        .toString());
    }

    private String picked(Completion answer) {
        return gateway.admin().pick(answer.requestId()).decode().workerId();
    }
}
