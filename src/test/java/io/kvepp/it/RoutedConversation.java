package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Pick;
import io.kvepp.it.process.Await;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.WorkerProcess;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Sends requests one at a time into an idle deployment and checks every decision against what the
/// workers must hold.
///
/// Confined to one test.
final class RoutedConversation {
    /// Too few to complete a block after a prompt that [#fitted] made.
    static final int ANSWER_TOKENS = 4;

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Deployment deployment;
    private final AdminClient admin;
    private final Role cachingRole;
    private final CacheModel model;

    RoutedConversation(Deployment deployment) {
        this.deployment = deployment;
        admin = deployment.gateway().admin();
        cachingRole = deployment.stack().workerIds(Role.PREFILL).isEmpty() ? Role.AGGREGATED : Role.PREFILL;
        model = new CacheModel(deployment.stack().settings().blockSize());
        awaitQuiet();
    }

    /// A chat body for these texts, the last one lengthened until the answer cannot complete a
    /// block: then all events of a request are those of its prompt.
    ObjectNode fitted(String... texts) {
        String[] longer = texts.clone();
        while (true) {
            ObjectNode body = Prompts.chat(deployment.model(), ANSWER_TOKENS, longer);
            if (fits(deployment.oracle().tokenIds(InferenceClient.CHAT, body.toString()))) {
                return body;
            }
            longer[longer.length - 1] += " more";
        }
    }

    /// A text completion, lengthened likewise.
    ObjectNode fittedCompletion(String text) {
        String longer = text;
        while (true) {
            ObjectNode body = Prompts.completion(deployment.model(), ANSWER_TOKENS, longer);
            if (fits(deployment.oracle().tokenIds(InferenceClient.COMPLETIONS, body.toString()))) {
                return body;
            }
            longer += " more";
        }
    }

    private boolean fits(int[] tokenIds) {
        int blockSize = deployment.stack().settings().blockSize();
        int rest = tokenIds.length % blockSize;
        return rest > 0 && rest + ANSWER_TOKENS < blockSize;
    }

    /// Sends a chat or completion body and checks where it went; returns the worker that computed
    /// the prompt.
    String send(ObjectNode body, Headers headers) {
        String path = body.has("prompt") ? InferenceClient.COMPLETIONS : InferenceClient.CHAT;
        Await.until("the deployment is idle", LIMIT, () -> admin.bookings() == 0);
        int[] tokenIds = deployment.oracle().tokenIds(path, body.toString());
        Map<String, Integer> overlaps = expectedOverlaps(tokenIds);
        Map<String, Long> eventsBefore = admin.lastEventIds();

        Completion answer = deployment.client().complete(path, body.toString(), headers);
        assertThat(answer.isGood()).as("the answer %s", answer).isTrue();
        Pick pick = admin.pick(answer.requestId());

        String chosen = pick.reusing().workerId();
        assertThat(pick.promptTokens()).as("prompt tokens").isEqualTo(tokenIds.length);
        assertThat(answer.promptTokens()).as("usage.prompt_tokens").isEqualTo(tokenIds.length);
        checkOverlaps(pick, overlaps);
        checkRoles(pick);
        checkServing(pick, answer, overlaps.get(chosen));

        model.computed(chosen, tokenIds);
        boolean newBlocks = tokenIds.length / deployment.stack().settings().blockSize() > overlaps.get(chosen);
        long expected = eventsBefore.getOrDefault(chosen, 0L) + (newBlocks ? 1 : 0);
        Await.until(
                "the event of the prompt's new blocks",
                LIMIT,
                () -> admin.lastEventIds().getOrDefault(chosen, 0L) >= expected);
        return chosen;
    }

    String send(ObjectNode body) {
        return send(body, Headers.NONE);
    }

    private Map<String, Integer> expectedOverlaps(int[] tokenIds) {
        Map<String, Integer> overlaps = new TreeMap<>();
        for (String worker : deployment.stack().workerIds(cachingRole)) {
            overlaps.put(worker, model.overlapBlocks(worker, tokenIds));
        }
        return overlaps;
    }

    private void checkOverlaps(Pick pick, Map<String, Integer> expected) {
        Map<String, Integer> said = pick.candidates().stream()
                .filter(candidate -> candidate.role().equals(cachingRole.name()))
                .collect(Collectors.toMap(Pick.Choice::workerId, Pick.Choice::overlapBlocks, Math::max, TreeMap::new));
        assertThat(said).as("cached blocks of each candidate (%s)", pick.why()).isEqualTo(expected);
        int longest =
                expected.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
        assertThat(expected.get(pick.reusing().workerId()))
                .as("cached blocks of the chosen worker (%s)", pick.why())
                .isEqualTo(longest);
    }

    private void checkRoles(Pick pick) {
        if (cachingRole == Role.AGGREGATED) {
            assertThat(pick.mode()).isEqualTo("aggregated");
            assertThat(pick.prefill()).isEmpty();
            return;
        }
        assertThat(pick.mode()).isEqualTo("disaggregated");
        assertThat(deployment.stack().workerIds(Role.PREFILL))
                .contains(pick.prefill().orElseThrow().workerId());
        assertThat(deployment.stack().workerIds(Role.DECODE))
                .contains(pick.decode().workerId());
    }

    private void checkServing(Pick pick, Completion answer, int overlapBlocks) {
        assertThat(answer.decodeWorker())
                .as("the worker the answer names")
                .isEqualTo(pick.decode().workerId());
        pick.prefill().ifPresent(prefill -> assertThat(answer.prefillWorker()).contains(prefill.workerId()));
        Set<String> picked = new TreeSet<>(Set.of(pick.decode().workerId()));
        pick.prefill().ifPresent(prefill -> picked.add(prefill.workerId()));
        Await.until(
                "the logs of exactly the workers " + picked + " show the request",
                LIMIT,
                () -> logging(answer).equals(picked));
        if (cachingRole == Role.AGGREGATED) {
            assertThat(answer.cachedTokens())
                    .as("tokens the worker found in its cache")
                    .isEqualTo(overlapBlocks * deployment.stack().settings().blockSize());
        }
    }

    /// Workers whose own log has the request.
    private Set<String> logging(Completion answer) {
        String id = answer.events().getFirst().required("id").asText();
        String line = "request received request_id=" + id.substring(id.indexOf('-') + 1);
        return deployment.stack().workers().stream()
                .filter(worker -> worker.process().output().contains(line))
                .map(WorkerProcess::workerId)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// Waits until no event of earlier tests is on its way.
    private void awaitQuiet() {
        long[] since = {System.nanoTime()};
        Map<String, Long> last = new TreeMap<>();
        Await.until("no KV event for 300 ms", LIMIT, () -> {
            Map<String, Long> now = admin.lastEventIds();
            if (!now.equals(last)) {
                last.clear();
                last.putAll(now);
                since[0] = System.nanoTime();
            }
            return admin.bookings() == 0
                    && System.nanoTime() - since[0] > Duration.ofMillis(300).toNanos();
        });
    }
}
