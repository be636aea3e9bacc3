package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.stack.Deployment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// In an idle deployment every request goes to a worker with the longest cached prefix.
abstract class RoutingContract {
    private static final int CONVERSATIONS = 6;
    private static final int TURNS = 4;

    private final Deployment deployment;
    private final RoutedConversation routed;
    private final long seed;

    RoutingContract(Deployment deployment, long seed) {
        this.deployment = deployment;
        this.seed = seed;
        routed = new RoutedConversation(deployment);
    }

    @Test
    void growingConversationsStayWithTheirWorker() {
        List<List<String>> conversations = new ArrayList<>();
        List<Set<String>> workers = new ArrayList<>();
        for (int c = 0; c < CONVERSATIONS; c++) {
            conversations.add(new ArrayList<>(List.of(Prompts.text(seed + c, 20))));
            workers.add(new HashSet<>());
        }

        for (int turn = 0; turn < TURNS; turn++) {
            for (int c = 0; c < CONVERSATIONS; c++) {
                List<String> texts = conversations.get(c);
                texts.add(Prompts.text(seed + 100L * (turn + 1) + c, 15 + 5 * c));
                ObjectNode body = routed.fitted(texts.toArray(new String[0]));
                boolean stream = (turn + c) % 2 == 0;
                workers.get(c).add(routed.send(stream ? Prompts.streamed(body) : body));
                texts.set(texts.size() - 1, lastContent(body));
                texts.add(Prompts.text(seed + 1000L * (turn + 1) + c, 10));
            }
        }

        assertThat(workers)
                .as("workers of each conversation")
                .allSatisfy(used -> assertThat(used).hasSize(1));
    }

    @Test
    void aPromptThatForksReturnsToTheWorkerOfItsLongestPrefix() {
        String system = Prompts.text(seed + 50, 120);
        String owner = routed.send(routed.fitted(system, Prompts.text(seed + 51, 10)));

        for (int fork = 0; fork < 4; fork++) {
            String worker = routed.send(routed.fitted(system, Prompts.text(seed + 60 + fork, 10 + 10 * fork)));
            assertThat(worker).isEqualTo(owner);
        }
    }

    @Test
    void aRepeatedPromptReturnsToItsWorker() {
        ObjectNode body = routed.fitted(Prompts.text(seed + 70, 40), Prompts.text(seed + 71, 40));

        String first = routed.send(body);

        assertThat(routed.send(Prompts.streamed(body))).isEqualTo(first);
        assertThat(routed.send(body)).isEqualTo(first);
    }

    @Test
    void completionsFollowTheirPrefixToo() {
        String text = Prompts.text(seed + 80, 60);
        String owner = routed.send(routed.fittedCompletion(text));

        ObjectNode longer = routed.fittedCompletion(text + " " + Prompts.text(seed + 81, 30));

        assertThat(routed.send(longer)).isEqualTo(owner);
        assertThat(routed.send(Prompts.streamed(longer))).isEqualTo(owner);
        assertThat(routed.send(asTokenIds(longer))).isEqualTo(owner);
    }

    /// The same prompt, given as its token ids.
    private ObjectNode asTokenIds(ObjectNode completion) {
        ObjectNode copy = completion.deepCopy();
        ArrayNode ids = copy.putArray("prompt");
        for (int id : deployment.oracle().tokenIds(InferenceClient.COMPLETIONS, completion.toString())) {
            ids.add(id);
        }
        return copy;
    }

    private static String lastContent(ObjectNode body) {
        var messages = body.required("messages");
        return messages.get(messages.size() - 1).required("content").textValue();
    }
}
