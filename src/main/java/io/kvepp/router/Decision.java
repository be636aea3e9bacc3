package io.kvepp.router;

import io.kvepp.kvcache.OverlapScores;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickExplanation.Candidate;
import io.kvepp.picker.PickExplanation.Choice;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one decision was made from, kept as it was; made readable only when somebody asks.
///
/// - `loadOnly`: why the prompt was not read, null when it was
/// - `prefill`: null when `decode` computed the prompt itself
/// - `decodeOverlaps`, `prefillOverlaps`: what the index said for each of the two
///
/// Immutable.
record Decision(
        String requestId,
        String model,
        int promptTokens,
        int blockSize,
        @Nullable String loadOnly,
        Selection decode,
        @Nullable Selection prefill,
        OverlapScores decodeOverlaps,
        OverlapScores prefillOverlaps) {
    PickExplanation explain() {
        List<Candidate> candidates = new ArrayList<>();
        if (prefill != null) {
            addCandidates(prefill, prefillOverlaps, "PREFILL", candidates);
        }
        addCandidates(decode, decodeOverlaps, prefill == null ? "AGGREGATED" : "DECODE", candidates);
        return new PickExplanation(
                requestId,
                model,
                promptTokens,
                blockSize,
                mode(),
                why(),
                choice(decode, decodeOverlaps),
                prefill == null ? null : choice(prefill, prefillOverlaps),
                candidates);
    }

    private String mode() {
        if (loadOnly != null) {
            return "load-only";
        }
        return prefill == null ? "aggregated" : "disaggregated";
    }

    private String why() {
        if (loadOnly != null) {
            return "least loaded; prompt not read: " + loadOnly;
        }
        Selection selection = prefill == null ? decode : prefill;
        OverlapScores overlaps = prefill == null ? decodeOverlaps : prefillOverlaps;
        int chosen = overlap(overlaps, selection.chosen());
        int longest = 0;
        int shared = 0;
        for (RankSlot candidate : selection.candidates()) {
            int blocks = overlap(overlaps, candidate);
            shared = blocks > longest ? 1 : blocks == longest ? shared + 1 : shared;
            longest = Math.max(longest, blocks);
        }
        int blocks = blockSize == 0 ? 0 : promptTokens / blockSize;
        if (longest == 0) {
            return "nobody holds a prefix; cheapest";
        }
        if (chosen < longest) {
            return "cheapest, with " + chosen + " of " + blocks + " blocks cached; the longest prefix has " + longest;
        }
        return (shared == 1 ? "longest prefix: " : "one of " + shared + " longest prefixes: ") + chosen + " of "
                + blocks + " blocks cached";
    }

    private static void addCandidates(
            Selection selection, OverlapScores overlaps, String role, List<Candidate> candidates) {
        for (int i = 0; i < selection.candidates().size(); i++) {
            RankSlot candidate = selection.candidates().get(i);
            WorkerWithDpRank worker = candidate.worker();
            candidates.add(new Candidate(
                    Long.toUnsignedString(worker.workerId()),
                    worker.dpRank(),
                    role,
                    overlap(overlaps, candidate),
                    selection.costs()[i]));
        }
    }

    private static Choice choice(Selection selection, OverlapScores overlaps) {
        WorkerWithDpRank worker = selection.chosen().worker();
        return new Choice(
                Long.toUnsignedString(worker.workerId()),
                worker.dpRank(),
                overlap(overlaps, selection.chosen()),
                selection.costs()[selection.winner()]);
    }

    private static int overlap(OverlapScores overlaps, RankSlot candidate) {
        int slot = candidate.slot();
        return overlaps.device(slot) + overlaps.hostPinned(slot) + overlaps.disk(slot);
    }
}
