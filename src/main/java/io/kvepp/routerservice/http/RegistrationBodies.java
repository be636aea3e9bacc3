package io.kvepp.routerservice.http;

import io.kvepp.discovery.registered.WorkerRegistration;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.card.KvTransfer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the bodies of registrations mean. A field that is absent, or null, leaves what was known.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/types`, `WorkerRequest` and
/// `WorkerPatchRequest`.
final class RegistrationBodies {
    private static final String NO_HINTS = "workers are sent no hints";
    private static final long U32_MAX = 0xFFFF_FFFFL;

    private RegistrationBodies() {}

    static WorkerRegistration registration(Fields body) throws HttpFault {
        PoolKey.OfModel pool = RequestBodies.pool(body);
        return changed(WorkerRegistration.of(body.unsigned("worker_id"), pool.model(), pool.routingGroup()), body);
    }

    /// `base` with what the body says otherwise; its id, model and routing group stay.
    static WorkerRegistration changed(WorkerRegistration base, Fields body) throws HttpFault {
        body.refuse("router_hint_worker_type", NO_HINTS);
        body.refuse("router_hint_source_control_endpoints", NO_HINTS);
        body.refuse("kv_event_source_mode", "engines tell their KV events themselves");
        WorkerRegistration changed = new WorkerRegistration(
                base.workerId(),
                base.model(),
                base.routingGroup(),
                or(body.textOrNull("endpoint"), base.endpoint()),
                or(body.textOrNull("kv_events_endpoint"), base.kvEventsEndpoint()),
                or(endpoints(body), base.kvEventsEndpoints()),
                or(body.textOrNull("replay_endpoint"), base.replayEndpoint()),
                or(body.countOrNull("block_size", U32_MAX), base.blockSizeTokens()),
                or(body.countOrNull("data_parallel_start_rank", U32_MAX), base.dpStart()),
                or(body.countOrNull("data_parallel_size", U32_MAX), base.dpSize()),
                or(body.countOrNull("max_num_batched_tokens", Long.MAX_VALUE), base.maxNumBatchedTokens()),
                or(body.countOrNull("total_kv_blocks", Long.MAX_VALUE), base.totalKvBlocks()),
                or(body.textOrNull("stable_routing_id"), base.stableRoutingId()),
                or(body.flagOrNull("is_eagle"), base.eagle()),
                body.has("taints") ? body.texts("taints") : base.taints(),
                transfer(base.kvTransfer(), body));
        checkRanks(changed);
        return changed;
    }

    private static void checkRanks(WorkerRegistration worker) throws HttpFault {
        @Nullable Integer size = worker.dpSize();
        if (size != null && size > WorkerSlots.SLOTS_MAX) {
            throw new HttpFault(
                    400, "data_parallel_size: " + size + " (expected: at most " + WorkerSlots.SLOTS_MAX + ")");
        }
        @Nullable Integer start = worker.dpStart();
        if (start != null && start > Integer.MAX_VALUE - WorkerSlots.SLOTS_MAX) {
            throw new HttpFault(
                    400,
                    "data_parallel_start_rank: " + start + " (expected: at most "
                            + (Integer.MAX_VALUE - WorkerSlots.SLOTS_MAX) + ")");
        }
    }

    private static @Nullable Map<Integer, String> endpoints(Fields body) throws HttpFault {
        @Nullable Map<String, String> byName = body.textsByNameOrNull("kv_events_endpoints");
        if (byName == null) {
            return null;
        }
        Map<Integer, String> byRank = new HashMap<>();
        for (Map.Entry<String, String> each : byName.entrySet()) {
            try {
                byRank.put(Integer.parseUnsignedInt(each.getKey()), each.getValue());
            } catch (NumberFormatException _) {
                throw new HttpFault(400, "kv_events_endpoints: " + each.getKey() + " (expected: ranks as names)");
            }
        }
        return byRank;
    }

    private static KvTransfer transfer(KvTransfer base, Fields body) throws HttpFault {
        @Nullable Double weight = body.numberOrNull("kv_transfer_preferred_weight");
        return new KvTransfer(
                or(body.textsByNameOrNull("topology_domains"), base.domains()),
                or(body.textOrNull("kv_transfer_domain"), base.domain()),
                or(enforcement(body), base.enforcement()),
                weight == null ? base.preferredWeight() : Float.valueOf(weight.floatValue()));
    }

    private static KvTransfer.@Nullable Enforcement enforcement(Fields body) throws HttpFault {
        String name = "kv_transfer_enforcement";
        @Nullable String text = body.textOrNull(name);
        return switch (text) {
            case null -> null;
            case "required" -> KvTransfer.Enforcement.REQUIRED;
            case "preferred" -> KvTransfer.Enforcement.PREFERRED;
            default -> throw HttpFault.field(name, text, "required or preferred");
        };
    }

    private static <T extends @Nullable Object> T or(@Nullable T said, T known) {
        return said == null ? known : said;
    }
}
