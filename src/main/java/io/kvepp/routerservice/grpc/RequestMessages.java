package io.kvepp.routerservice.grpc;

import io.kvepp.config.ConfigurationException;
import io.kvepp.router.v1.NamedWorker;
import io.kvepp.router.v1.Pool;
import io.kvepp.router.v1.PoolFilter;
import io.kvepp.router.v1.Prompt;
import io.kvepp.router.v1.RouterConfigOverride;
import io.kvepp.router.v1.Selection;
import io.kvepp.router.v1.WorkerRank;
import io.kvepp.routerservice.ExplicitBooking;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.PoolLoads;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionRequest.Affinity;
import io.kvepp.routerservice.SelectionRequest.Priority;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What request messages mean.
final class RequestMessages {
    static final int ID_CHARS_MAX = 256;

    private static final String DEFAULT = "default";

    private RequestMessages() {}

    /// Empty when the caller brings none.
    static String idOrEmpty(String id) throws FieldFault {
        return bounded("selection_id", id);
    }

    static String id(String id) throws FieldFault {
        if (id.isEmpty()) {
            throw new FieldFault("selection_id", "none", "given");
        }
        return idOrEmpty(id);
    }

    static PoolKey pool(Pool pool) {
        return new PoolKey.OfModel(orDefault(pool.getModelName()), orDefault(pool.getRoutingGroup()));
    }

    static Predicate<PoolLoads> wanted(PoolFilter filter) {
        return pool -> (filter.getModelName().isEmpty() || filter.getModelName().equals(pool.model()))
                && (filter.getRoutingGroup().isEmpty()
                        || filter.getRoutingGroup().equals(pool.routingGroup()));
    }

    /// A prompt that can be looked up.
    static SelectionPrompt prompt(Prompt prompt) throws FieldFault {
        SelectionPrompt read = bookable(prompt);
        if (read.promptTokens() == 0) {
            throw new FieldFault("isl_tokens", "0", "more");
        }
        return read;
    }

    static SelectionRequest selection(Selection selection) throws FieldFault {
        return new SelectionRequest(
                pool(selection.getPool()),
                prompt(selection.getPrompt()),
                override(selection.getRouterConfigOverride()),
                constraints(selection),
                selection.hasPinnedWorker() ? rank("pinned_worker", selection.getPinnedWorker()) : null,
                selection.hasAffinityTarget() ? affinity(selection.getAffinityTarget()) : null,
                orNull(bounded("session_id", selection.getSessionId())),
                count("expected_output_tokens", selection.getExpectedOutputTokens()),
                new Priority(
                        orNull(selection.getPolicyClass()),
                        Integer.toUnsignedLong(selection.getStrictPriority()),
                        selection.getPriorityJump()));
    }

    static ExplicitBooking named(NamedWorker named) throws FieldFault {
        if (!named.hasWorker()) {
            throw new FieldFault("worker", "none", "given");
        }
        return new ExplicitBooking(
                pool(named.getPool()),
                rank("worker", named.getWorker()),
                bookable(named.getPrompt()),
                override(named.getRouterConfigOverride()),
                named.hasEffectivePrefillTokens()
                        ? (Integer) count("effective_prefill_tokens", named.getEffectivePrefillTokens())
                        : null,
                named.hasTrackPrefillTokens() ? (Boolean) named.getTrackPrefillTokens() : null,
                count("expected_output_tokens", named.getExpectedOutputTokens()));
    }

    /// A number that is no larger than this process counts.
    static int count(String name, int unsigned) throws FieldFault {
        if (unsigned < 0) {
            throw new FieldFault(name, Integer.toUnsignedString(unsigned), "at most " + Integer.MAX_VALUE);
        }
        return unsigned;
    }

    /// A prompt that can at least be booked.
    private static SelectionPrompt bookable(Prompt prompt) throws FieldFault {
        if (prompt.getTokenIdsCount() > 0) {
            return new SelectionPrompt.Tokens(
                    prompt.getTokenIdsList().stream()
                            .mapToInt(Integer::intValue)
                            .toArray(),
                    prompt.hasLoraName() ? prompt.getLoraName() : null,
                    prompt.hasCacheSalt() ? prompt.getCacheSalt() : null,
                    prompt.hasIsEagle() ? (Boolean) prompt.getIsEagle() : null);
        }
        if (!prompt.hasIslTokens()) {
            throw new FieldFault("isl_tokens", "none", "given where token_ids is not");
        }
        return new SelectionPrompt.Hashes(
                longs(prompt.getBlockHashesList()),
                longs(prompt.getSequenceHashesList()),
                count("isl_tokens", prompt.getIslTokens()));
    }

    private static SchedulingOverride override(RouterConfigOverride override) throws FieldFault {
        try {
            return new SchedulingOverride(
                    override.hasOverlapScoreCredit() ? (Double) override.getOverlapScoreCredit() : null,
                    override.hasPrefillLoadScale() ? (Double) override.getPrefillLoadScale() : null,
                    override.hasRouterTemperature() ? (Double) override.getRouterTemperature() : null,
                    override.hasAssumeKvReuse() ? (Boolean) override.getAssumeKvReuse() : null,
                    override.hasTrackPrefillTokens() ? (Boolean) override.getTrackPrefillTokens() : null);
        } catch (ConfigurationException e) {
            throw new FieldFault("router_config_override." + e.getMessage());
        }
    }

    private static RoutingConstraints constraints(Selection selection) throws FieldFault {
        for (Map.Entry<String, Float> taint : selection.getPreferredTaintsMap().entrySet()) {
            if (!Float.isFinite(taint.getValue())) {
                throw new FieldFault(
                        "preferred_taints[" + taint.getKey() + "]",
                        taint.getValue().toString(),
                        "a finite number");
            }
        }
        return new RoutingConstraints(
                selection.getAllowedWorkerIdsCount() == 0 ? null : Set.copyOf(selection.getAllowedWorkerIdsList()),
                Set.copyOf(selection.getRequiredTaintsList()),
                selection.getPreferredTaintsMap());
    }

    private static Affinity affinity(io.kvepp.router.v1.Affinity target) throws FieldFault {
        return new Affinity(
                target.getWorkerId(),
                target.hasDpRank() ? (Integer) count("affinity_target.dp_rank", target.getDpRank()) : null);
    }

    private static WorkerWithDpRank rank(String name, WorkerRank rank) throws FieldFault {
        return new WorkerWithDpRank(rank.getWorkerId(), count(name + ".dp_rank", rank.getDpRank()));
    }

    private static String bounded(String name, String text) throws FieldFault {
        if (text.length() > ID_CHARS_MAX) {
            throw new FieldFault(name, text.length() + " characters", "at most " + ID_CHARS_MAX);
        }
        return text;
    }

    private static long[] longs(List<Long> hashes) {
        return hashes.stream().mapToLong(Long::longValue).toArray();
    }

    private static String orDefault(String name) {
        return name.isEmpty() ? DEFAULT : name;
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
