package io.kvepp.router.reuse;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.worker.WorkerWithDpRank;

/// What a decision expects of the cached part of one prompt.
///
/// - `worker`: computes the prompt
/// - `hashes`: of the prompt's complete blocks
/// - `heldTokens`: of the prompt, on the eligible rank that holds most of it
/// - `capturedTokens`: of the prompt, on `worker`
/// - `usageSpeaksOfWorker`: the response's token usage is about `worker`, and not about another
///   that decodes
/// - `eventsTell`: the KV events of `worker` arrive
/// - `alone`: no other prompt was being computed there, so nothing explains a difference
///
/// Immutable.
public record ReuseClaim(
        String model,
        WorkerWithDpRank worker,
        int promptTokens,
        BlockHashes hashes,
        int heldTokens,
        int capturedTokens,
        boolean usageSpeaksOfWorker,
        boolean eventsTell,
        boolean alone) {}
