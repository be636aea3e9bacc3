package io.kvepp.router;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KnownHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.worker.card.ModelCard;
import org.jspecify.annotations.Nullable;

/// Hashes a prompt and looks it up: once for both roles, unless prefill workers cut prompts into
/// other blocks.
///
/// Thread-safe.
final class PromptLookup {
    /// Room for the hashes of more than a thousand pieces of 1,024 tokens, and for the tokens.
    private static final long KNOWN_HASHES_BYTES_MAX = 8L << 20;

    private final RouterParts parts;
    private final KnownHashes known = new KnownHashes(KNOWN_HASHES_BYTES_MAX);

    PromptLookup(RouterParts parts) {
        this.parts = parts;
    }

    /// The request as the workers see it that answer.
    SchedulingRequest serving(ModelRoute route, PromptReading prompt) {
        return lookedUp(route.workers().card(), route.hasher(), prompt)
                .with(new RoutingConstraints(
                        null, prompt.hints().requiredTaints(), prompt.hints().preferredTaints()));
    }

    /// The same request as prefill workers see it.
    SchedulingRequest prefill(
            ModelRoute route, ModelCard prefillCard, SchedulingRequest serving, PromptReading prompt) {
        ModelCard card = route.workers().card();
        boolean sameBlocks = card.cache().cutsLike(prefillCard.cache());
        return sameBlocks
                ? serving
                : lookedUp(prefillCard, ModelRoute.hasher(prefillCard, null), prompt)
                        .with(serving.constraints());
    }

    /// The same request with what its prompt's blocks are found at now.
    SchedulingRequest again(SchedulingRequest request) {
        return request.hashes().count() == 0
                ? request
                : new SchedulingRequest(
                        request.promptTokens(),
                        request.hashes(),
                        findMatches(request.hashes()),
                        request.constraints(),
                        request.override());
    }

    /// The task is done with what its prompt was found at.
    @SuppressWarnings("ReferenceEquality") // the very same scores are given back once
    void finished(PlacementTask task) {
        OverlapScores serving = task.serving().overlaps();
        OverlapScores prefill = task.prefill().overlaps();
        parts.prefixes().recycle(serving);
        if (prefill != serving) {
            parts.prefixes().recycle(prefill);
        }
    }

    private SchedulingRequest lookedUp(ModelCard card, BlockHasher unsalted, PromptReading prompt) {
        int @Nullable [] tokenIds = prompt.tokenIds();
        if (tokenIds == null) {
            return SchedulingRequest.unread(prompt.promptTokens(), card.cache().blockSizeTokens());
        }
        BlockHasher hasher = prompt.cacheSalt() == null ? unsalted : ModelRoute.hasher(card, prompt.cacheSalt());
        BlockHashes hashes = known.hash(hasher, tokenIds);
        return new SchedulingRequest(prompt.promptTokens(), hashes, findMatches(hashes));
    }

    private OverlapScores findMatches(BlockHashes hashes) {
        long startNanos = parts.nanoClock().getAsLong();
        OverlapScores scores = parts.prefixes().findMatches(hashes);
        parts.metrics().indexLookup(parts.nanoClock().getAsLong() - startNanos);
        return scores;
    }
}
