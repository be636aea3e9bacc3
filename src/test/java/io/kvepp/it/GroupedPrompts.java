package io.kvepp.it;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Completion bodies with prompts of token ids that share their first blocks in groups.
///
/// Thread-safe. The same seed gives the same bodies in the same order.
final class GroupedPrompts {
    private static final int BLOCK_TOKENS = 16;
    private static final int TOKEN_IDS = 1000;

    private final String model;
    private final int ownBlocks;
    private final int answerTokens;
    private final Random random;
    private final List<int[]> groups = new ArrayList<>();
    private int turn;

    /// @param sharedBlocks that all prompts of a group start with
    /// @param ownBlocks that each prompt has for itself
    GroupedPrompts(String model, long seed, int groups, int sharedBlocks, int ownBlocks, int answerTokens) {
        this.model = model;
        this.ownBlocks = ownBlocks;
        this.answerTokens = answerTokens;
        random = new Random(seed);
        for (int i = 0; i < groups; i++) {
            this.groups.add(tokens(sharedBlocks));
        }
    }

    synchronized String next() {
        int[] shared = groups.get(turn++ % groups.size());
        ObjectNode body = Json.object().put("model", model).put("max_tokens", answerTokens);
        ArrayNode prompt = body.putArray("prompt");
        for (int token : shared) {
            prompt.add(token);
        }
        for (int token : tokens(ownBlocks)) {
            prompt.add(token);
        }
        return body.toString();
    }

    private int[] tokens(int blocks) {
        return random.ints((long) blocks * BLOCK_TOKENS, 0, TOKEN_IDS).toArray();
    }
}
