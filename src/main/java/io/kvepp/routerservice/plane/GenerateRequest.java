package io.kvepp.routerservice.plane;

import io.kvepp.config.ConfigurationException;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.scheduling.SchedulingOverride;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// A request for tokens, and what of it decides where it goes.
///
/// - `body`: all of it; what is not looked at is passed on
/// - `outputTokensMax`: null when it does not say
/// - `queryOnly`: it wants to know where it would go, and nothing more
///
/// Source: Dynamo 1.6.1 `PreprocessedRequest` and its `RoutingHints`.
///
/// Immutable; the arrays and `body` are not changed.
record GenerateRequest(
        Fields body,
        int[] tokenIds,
        Pins pins,
        RoutingConstraints constraints,
        SchedulingOverride override,
        SelectionRequest.Priority priority,
        @Nullable String loraName,
        @Nullable String cacheSalt,
        int expectedOutputTokens,
        @Nullable Long outputTokensMax,
        boolean queryOnly) {
    private static final String QUERY_ONLY = "query_instance_id";

    /// Workers and ranks that the caller has chosen; null where it has not.
    record Pins(
            @Nullable Long decode,
            @Nullable Long decodeRank,
            @Nullable Long prefill,
            @Nullable Long prefillRank) {
        boolean any() {
            return decode != null || prefill != null;
        }
    }

    static GenerateRequest read(byte[] msgpack) throws MalformedMessageException {
        Fields body = Fields.read(msgpack);
        @Nullable Fields routing = body.map("routing");
        Fields hints = routing == null ? Fields.none() : routing;
        @Nullable Fields stop = body.map("stop_conditions");
        @Nullable Long expected = hints.whole("expected_output_tokens");
        return new GenerateRequest(
                body,
                body.tokenIds("token_ids"),
                pins(body, routing),
                constraints(hints),
                Overrides.read(body),
                priority(hints),
                hints.text("lora_name"),
                hints.text("cache_salt"),
                expected == null ? 0 : Math.clamp(expected, 0, Integer.MAX_VALUE),
                stop == null ? null : stop.whole("max_tokens"),
                body.texts("annotations").stream()
                        .anyMatch(annotation -> annotation.split(":", 2)[0].equals(QUERY_ONLY)));
    }

    /// A choice among `pool` for the whole prompt. `worker` and `rank` pin it; null: nobody did.
    SelectionRequest selection(PoolKey pool, RoutingConstraints allowed, @Nullable Long worker, @Nullable Long rank) {
        @Nullable
        WorkerWithDpRank exact =
                worker == null || rank == null ? null : new WorkerWithDpRank(worker, Math.toIntExact(rank));
        return new SelectionRequest(
                pool,
                new SelectionPrompt.Tokens(tokenIds, loraName, cacheSalt, null),
                override,
                worker == null || exact != null ? allowed : only(allowed, worker),
                exact,
                null,
                null,
                expectedOutputTokens,
                priority);
    }

    private static RoutingConstraints only(RoutingConstraints allowed, long worker) {
        @Nullable Set<Long> others = allowed.allowedWorkerIds();
        Set<Long> ids = others == null || others.contains(worker) ? Set.of(worker) : Set.of();
        return new RoutingConstraints(ids, allowed.requiredTaints(), allowed.preferredTaints());
    }

    private static Pins pins(Fields body, @Nullable Fields routing) throws MalformedMessageException {
        if (routing == null) {
            return new Pins(null, body.whole("dp_rank"), null, null);
        }
        @Nullable Long decode = routing.whole("decode_worker_id");
        return new Pins(
                decode == null ? routing.whole("backend_instance_id") : decode,
                rank(routing, "dp_rank"),
                routing.whole("prefill_worker_id"),
                rank(routing, "prefill_dp_rank"));
    }

    private static @Nullable Long rank(Fields routing, String name) throws MalformedMessageException {
        @Nullable Long rank = routing.whole(name);
        if (rank != null && (rank < 0 || rank > Integer.MAX_VALUE)) {
            throw routing.malformed(name, "0 to " + Integer.MAX_VALUE);
        }
        return rank;
    }

    private static RoutingConstraints constraints(Fields hints) throws MalformedMessageException {
        long @Nullable [] allowed = hints.wholes("allowed_worker_ids");
        @Nullable Fields own = hints.map("routing_constraints");
        Set<String> required = new HashSet<>();
        Map<String, Float> preferred = new HashMap<>();
        if (own != null) {
            required.addAll(own.texts("required_taints"));
            byte @Nullable [] weights = own.raw("preferred_taints");
            if (weights != null) {
                MsgpackReader reader = new MsgpackReader(weights);
                for (int left = reader.mapHeader(); left > 0; left--) {
                    String taint = reader.string();
                    preferred.put(taint, weight(reader));
                }
            }
        }
        return new RoutingConstraints(
                allowed == null ? null : LongStream.of(allowed).boxed().collect(Collectors.toSet()),
                required,
                preferred);
    }

    private static float weight(MsgpackReader reader) throws MalformedMessageException {
        return reader.next() == MsgpackReader.Kind.DECIMAL ? (float) reader.decimal() : (float) reader.bits64();
    }

    private static SelectionRequest.Priority priority(Fields hints) throws MalformedMessageException {
        @Nullable Double jump = hints.decimal("priority_jump");
        @Nullable Long strict = hints.whole("strict_priority");
        try {
            return new SelectionRequest.Priority(
                    null, strict == null ? 0 : strict, jump == null ? 0 : (int) Math.round(jump));
        } catch (ConfigurationException e) {
            throw new MalformedMessageException("routing." + e.getMessage());
        }
    }
}
