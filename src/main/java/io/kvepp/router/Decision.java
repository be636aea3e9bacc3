package io.kvepp.router;

import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickExplanation.Candidate;
import io.kvepp.picker.PickExplanation.Choice;
import io.kvepp.picker.PickExplanation.Rules;
import io.kvepp.router.prefill.Placement;
import io.kvepp.scheduling.CostTerms;
import io.kvepp.scheduling.RouterMode;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.Selection;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one decision was made from, kept as it was; made readable only when somebody asks.
///
/// - `loadOnly`: why the prompt was not read, null when it was
/// - `prefill`: null when `decode` computed the prompt itself
///
/// Immutable.
record Decision(
        String requestId,
        String model,
        int promptTokens,
        int blockSize,
        @Nullable String loadOnly,
        Selection decode,
        @Nullable Selection prefill) {
    static Decision of(PlacementTask task, Placement placement) {
        return new Decision(
                task.request().requestId(),
                task.route().workers().model(),
                task.prompt().promptTokens(),
                task.prefill().hashes().blockSizeTokens(),
                task.prompt().loadOnly(),
                placement.decode(),
                placement.prefill());
    }

    PickExplanation explain() {
        List<Candidate> candidates = new ArrayList<>();
        List<Rules> rules = new ArrayList<>();
        if (prefill != null) {
            add(prefill, "PREFILL", candidates, rules);
        }
        add(decode, prefill == null ? "AGGREGATED" : "DECODE", candidates, rules);
        return new PickExplanation(
                requestId,
                model,
                promptTokens,
                blockSize,
                mode(),
                why(),
                choice(decode),
                prefill == null ? null : choice(prefill),
                rules,
                candidates);
    }

    private String mode() {
        if (loadOnly != null) {
            return "load-only";
        }
        return prefill == null ? "aggregated" : "disaggregated";
    }

    private String why() {
        Selection selection = prefill == null ? decode : prefill;
        String chosen = how(selection);
        if (loadOnly != null) {
            return (chosen.equals("cheapest") ? "least loaded" : chosen) + "; prompt not read: " + loadOnly;
        }
        int held = selection.winner().terms().overlapBlocks();
        int longest = selection.longestOverlapBlocks();
        int blocks = blockSize == 0 ? 0 : promptTokens / blockSize;
        if (longest == 0) {
            return "nobody holds a prefix; " + chosen;
        }
        if (held < longest) {
            return chosen + ", with " + held + " of " + blocks + " blocks cached; the longest prefix has " + longest;
        }
        int shared = selection.longestOverlapRanks();
        return (shared == 1 ? "longest prefix: " : "one of " + shared + " longest prefixes: ") + held + " of " + blocks
                + " blocks cached";
    }

    private static String how(Selection selection) {
        return switch (selection.rules().mode()) {
            case KV -> selection.rules().temperature() == 0 ? "cheapest" : "drawn by cost";
            case ROUND_ROBIN -> "its turn";
            case RANDOM -> "drawn";
            case POWER_OF_TWO -> "less busy of two";
            case LEAST_LOADED -> "fewest requests";
        };
    }

    private static void add(Selection selection, String role, List<Candidate> candidates, List<Rules> rules) {
        for (Selection.Judged judged : selection.considered()) {
            candidates.add(candidate(judged, role));
        }
        rules.add(rules(selection, role));
    }

    private static Candidate candidate(Selection.Judged judged, String role) {
        WorkerWithDpRank worker = judged.rank().worker();
        CostTerms terms = judged.terms();
        return new Candidate(
                Long.toUnsignedString(worker.workerId()),
                worker.dpRank(),
                role,
                terms.overlapBlocks(),
                terms.cost(),
                judged.key(),
                terms.prefillBlocks(),
                terms.creditBlocks(),
                terms.activeBlocks(),
                terms.activeRequests(),
                terms.multiplier());
    }

    private static Rules rules(Selection selection, String role) {
        SchedulingConfig rules = selection.rules();
        return new Rules(
                role,
                rules.mode().word(),
                selection.candidates(),
                rules.overlapScoreCredit(),
                rules.overlapScoreCreditDecay(),
                rules.prefillLoadScale(),
                rules.activeRequestWeight(),
                rules.hostCacheHitWeight(),
                rules.diskCacheHitWeight(),
                rules.mode() == RouterMode.KV ? rules.temperature() : 0,
                rules.trackPrefillTokens(),
                rules.trackActiveBlocks(),
                rules.assumeKvReuse());
    }

    private static Choice choice(Selection selection) {
        WorkerWithDpRank worker = selection.chosen().worker();
        CostTerms terms = selection.winner().terms();
        return new Choice(
                Long.toUnsignedString(worker.workerId()), worker.dpRank(), terms.overlapBlocks(), terms.cost());
    }
}
