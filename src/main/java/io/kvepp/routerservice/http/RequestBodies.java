package io.kvepp.routerservice.http;

import io.kvepp.config.ConfigurationException;
import io.kvepp.routerservice.ExplicitBooking;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionRequest.Affinity;
import io.kvepp.routerservice.SelectionRequest.Priority;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What request bodies mean.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/{types,input}`.
final class RequestBodies {
    private static final String DEFAULT = "default";
    private static final String NO_IMAGES = "images are not looked up";
    private static final long U32_MAX = 0xFFFF_FFFFL;

    private RequestBodies() {}

    static PoolKey.OfModel pool(Fields body) throws HttpFault {
        return new PoolKey.OfModel(body.text("model_name", DEFAULT), body.text("routing_group", DEFAULT));
    }

    /// A prompt that can be looked up.
    static SelectionPrompt prompt(Body body, Fields fields) throws HttpFault {
        if (body.tokenIds() == null && body.hashes("block_hashes") == null) {
            throw missing("block_hashes");
        }
        return bookable(body, fields);
    }

    /// A prompt that can at least be booked.
    private static SelectionPrompt bookable(Body body, Fields fields) throws HttpFault {
        fields.refuse("block_mm_infos", NO_IMAGES);
        fields.refuse("mm_routing_info", NO_IMAGES);
        @Nullable Integer tokens = fields.countOrNull("isl_tokens", Integer.MAX_VALUE);
        int @Nullable [] tokenIds = body.tokenIds();
        if (tokenIds != null) {
            return new SelectionPrompt.Tokens(
                    tokenIds,
                    fields.textOrNull("lora_name"),
                    fields.textOrNull("cache_salt"),
                    fields.flagOrNull("is_eagle"));
        }
        long @Nullable [] local = body.hashes("block_hashes");
        long @Nullable [] sequence = body.hashes("sequence_hashes");
        if (sequence == null) {
            throw missing("sequence_hashes");
        }
        if (tokens == null) {
            throw missing("isl_tokens");
        }
        if (tokens == 0 && local != null) {
            throw new HttpFault(400, "isl_tokens: 0 (expected: more)");
        }
        return new SelectionPrompt.Hashes(local == null ? new long[0] : local, sequence, tokens);
    }

    static SelectionRequest selection(Body body, @Nullable String policyClass) throws HttpFault {
        Fields fields = body.fields();
        @Nullable Fields constraints = fields.objectOrNull("routing_constraints");
        return new SelectionRequest(
                pool(fields),
                prompt(body, fields),
                override(fields),
                new RoutingConstraints(
                        fields.unsignedSetOrNull("allowed_worker_ids"),
                        constraints == null ? Set.of() : constraints.texts("required_taints"),
                        constraints == null ? Map.of() : constraints.weights("preferred_taints")),
                pinned(fields),
                affinity(fields),
                session(fields),
                expectedOutput(fields),
                priority(fields, policyClass));
    }

    static ExplicitBooking explicit(Body body, Fields fields, long workerId) throws HttpFault {
        return new ExplicitBooking(
                pool(fields),
                new WorkerWithDpRank(workerId, rank(fields)),
                bookable(body, fields),
                override(fields),
                fields.countOrNull("effective_prefill_tokens", Integer.MAX_VALUE),
                fields.flagOrNull("track_prefill_tokens"),
                expectedOutput(fields));
    }

    static SchedulingOverride override(Fields body) throws HttpFault {
        @Nullable Fields fields = body.objectOrNull("router_config_override");
        if (fields == null) {
            return SchedulingOverride.NONE;
        }
        try {
            SchedulingOverride override = new SchedulingOverride(
                    fields.numberOrNull("overlap_score_credit"),
                    fields.numberOrNull("prefill_load_scale"),
                    fields.numberOrNull("router_temperature"),
                    fields.flagOrNull("assume_kv_reuse"),
                    fields.flagOrNull("track_prefill_tokens"));
            @Nullable Double weight = fields.numberOrNull("overlap_score_weight");
            return weight == null ? override : override.withOverlapScoreWeight(weight);
        } catch (ConfigurationException e) {
            throw new HttpFault(422, "router_config_override." + e.getMessage());
        }
    }

    private static @Nullable WorkerWithDpRank pinned(Fields body) throws HttpFault {
        @Nullable Fields fields = body.objectOrNull("pinned_worker");
        if (fields == null) {
            return null;
        }
        long worker = fields.unsigned("worker_id");
        if (fields.countOrNull("dp_rank", U32_MAX) == null) {
            throw HttpFault.field("pinned_worker.dp_rank", "none", "a rank");
        }
        return new WorkerWithDpRank(worker, rank(fields));
    }

    private static @Nullable Affinity affinity(Fields body) throws HttpFault {
        @Nullable Fields fields = body.objectOrNull("affinity_target");
        return fields == null
                ? null
                : new Affinity(fields.unsigned("worker_id"), fields.countOrNull("dp_rank", U32_MAX));
    }

    private static @Nullable String session(Fields body) throws HttpFault {
        @Nullable Fields context = body.objectOrNull("session_context");
        return context == null ? body.textOrNull("session_id") : context.textOrNull("session_id");
    }

    private static Priority priority(Fields body, @Nullable String policyClass) throws HttpFault {
        @Nullable Integer strict = body.countOrNull("strict_priority", U32_MAX);
        @Nullable Double jump = body.numberOrNull("priority_jump");
        return new Priority(
                policyClass,
                strict == null ? 0 : strict,
                jump == null ? 0 : Math.clamp(Math.round(jump), Integer.MIN_VALUE, Integer.MAX_VALUE));
    }

    private static int expectedOutput(Fields body) throws HttpFault {
        @Nullable Integer tokens = body.countOrNull("expected_output_tokens", U32_MAX);
        return tokens == null ? 0 : tokens;
    }

    private static int rank(Fields fields) throws HttpFault {
        @Nullable Integer rank = fields.countOrNull("dp_rank", U32_MAX);
        return rank == null ? 0 : rank;
    }

    private static HttpFault missing(String name) {
        return new HttpFault(400, name + ": none (expected: given where token_ids is not)");
    }
}
