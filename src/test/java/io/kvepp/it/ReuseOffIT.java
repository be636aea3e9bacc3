package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Gateway;
import io.kvepp.it.stack.Stack;
import io.kvepp.it.stack.StackSettings;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A worker whose engine reuses something else than kv-epp knows of is named.
@ExtendWith(Deployments.class)
class ReuseOffIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int REQUESTS_MAX = 50;
    private static final StackSettings SETTINGS = new StackSettings("qwen", 16, 16_384, 32_768, 2);

    private final Stack stack;
    private final List<LongStream> streams = new ArrayList<>();

    ReuseOffIT(RealParts parts) {
        stack = new Stack("reuse-off", parts, SETTINGS);
    }

    @AfterEach
    void stop() {
        streams.forEach(LongStream::close);
        stack.close();
    }

    @Test
    void aWorkerStartedWithAnotherBlockSizeIsNamed() {
        List<WorkerProcess> workers = stack.startWorkers(
                List.of(Role.AGGREGATED, Role.AGGREGATED, Role.AGGREGATED),
                i -> i == 1 ? List.of("--block-size", Integer.toString(2 * SETTINGS.blockSize())) : List.of());
        WorkerProcess odd = workers.get(1);
        // A frontend refuses a worker whose card differs: the card says what the others' say.
        stack.discovery().claimBlockSize(odd.workerId(), SETTINGS.blockSize());
        Gateway gateway = startGateway();

        assertThat(requestsUntilNamed(gateway, odd)).isLessThanOrEqualTo(REQUESTS_MAX);
    }

    @Test
    void aWorkerWhoseEventsAreCutIsNamed() {
        List<WorkerProcess> workers = stack.startWorkers(Role.AGGREGATED, Role.AGGREGATED, Role.AGGREGATED);
        Gateway gateway = startGateway();
        WorkerProcess mute = workers.get(1);
        stack.discovery().cutKvEvents(mute.workerId());
        Await.until(
                "kv-epp hears nothing of it",
                LIMIT,
                () -> !gateway.admin().lastEventIds().containsKey(mute.workerId()));

        assertThat(requestsUntilNamed(gateway, mute)).isLessThanOrEqualTo(REQUESTS_MAX);
    }

    private Gateway startGateway() {
        Stack.Frontend frontend = stack.launchFrontend("direct");
        Gateway gateway = stack.startGateway("reuse-off", frontend.port());
        stack.awaitModelListed(frontend);
        return gateway;
    }

    /// Keeps the other workers busy, so that new prompts go to this one, and sends each twice.
    private int requestsUntilNamed(Gateway gateway, WorkerProcess suspect) {
        occupyOthers(gateway, suspect);
        InferenceClient client = new InferenceClient(gateway.port());
        int requests = 0;
        while (requests < REQUESTS_MAX && named(gateway).isEmpty()) {
            String body = Prompts.chat("qwen", 1, "s", Prompts.text(13_000_000L + requests / 2, 60))
                    .toString();
            Completion answer = client.complete(InferenceClient.CHAT, body);
            assertThat(answer.isGood()).as("%s", answer).isTrue();
            requests++;
        }
        Await.until("the worker is named", LIMIT, () -> !named(gateway).isEmpty());
        assertThat(named(gateway)).containsExactly(suspect.workerId());
        assertThat(gateway.kvEpp().output()).contains("the worker reuses something else than its KV events promise");
        return requests;
    }

    /// Long prompts in long streams; what meets the suspect itself is ended.
    private void occupyOthers(Gateway gateway, WorkerProcess suspect) {
        Set<String> busy = new TreeSet<>();
        for (int i = 0; busy.size() < stack.workers().size() - 1; i++) {
            assertThat(i).as("streams that did not meet every other worker").isLessThan(40);
            LongStream stream = new LongStream(
                    gateway.port(),
                    Prompts.chat("qwen", LongStream.TOKENS, "s", Prompts.text(14_000_000L + i, 400)),
                    Headers.NONE);
            String worker = gateway.admin().pick(stream.requestId()).decode().workerId();
            if (worker.equals(suspect.workerId()) || !busy.add(worker)) {
                stream.close();
            } else {
                streams.add(stream);
            }
        }
    }

    private static Set<String> named(Gateway gateway) {
        Set<String> named = new TreeSet<>();
        for (String id : gateway.admin().workerIds()) {
            if (gateway.admin().metric("kv_epp_worker_reuse_off", "worker=\"" + id + "\"") > 0) {
                named.add(id);
            }
        }
        return named;
    }
}
