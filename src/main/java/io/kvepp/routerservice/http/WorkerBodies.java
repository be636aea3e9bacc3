package io.kvepp.routerservice.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.discovery.registered.RegisteredWorker;
import io.kvepp.discovery.registered.WorkerRegistration;
import io.kvepp.routerservice.ChosenWorker;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.KvTransfer;
import io.kvepp.worker.card.ModelCard;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How workers are written: those that were registered say what they were registered with.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/types`, `WorkerCatalogRecord`.
final class WorkerBodies {
    static final String SCHEDULABLE = "schedulable";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private WorkerBodies() {}

    static ObjectNode registered(RegisteredWorker worker) {
        ObjectNode body = registered(worker.registration(), worker.isSchedulable() ? SCHEDULABLE : "incomplete");
        if (!worker.isSchedulable()) {
            ArrayNode missing = body.putArray("not_schedulable_reasons");
            worker.missing().forEach(missing::add);
        }
        return body;
    }

    static ObjectNode removed(RegisteredWorker worker) {
        return registered(worker.registration(), "unschedulable");
    }

    private static ObjectNode registered(WorkerRegistration worker, String lifecycle) {
        PoolKey.OfModel pool = new PoolKey.OfModel(worker.model(), worker.routingGroup());
        ObjectNode body = named(worker.workerId(), pool, lifecycle);
        body.put("endpoint", worker.endpoint()).put("kv_events_endpoint", worker.kvEventsEndpoint());
        if (!worker.kvEventsEndpoints().isEmpty()) {
            ObjectNode endpoints = body.putObject("kv_events_endpoints");
            new TreeMap<>(worker.kvEventsEndpoints())
                    .forEach((rank, endpoint) -> endpoints.put(String.valueOf(rank), endpoint));
        }
        body.put("replay_endpoint", worker.replayEndpoint())
                .put("block_size", worker.blockSizeTokens())
                .put("data_parallel_start_rank", worker.dpStart())
                .put("data_parallel_size", worker.dpSize())
                .put("max_num_batched_tokens", worker.maxNumBatchedTokens())
                .put("total_kv_blocks", worker.totalKvBlocks())
                .put("stable_routing_id", worker.stableRoutingId())
                .put("is_eagle", worker.eagle());
        body.set("taints", sorted(worker.taints()));
        return withTransfer(body, worker.kvTransfer());
    }

    static ObjectNode found(Worker worker, ModelCard card, PoolKey.OfModel pool) {
        ObjectNode body = named(worker.id(), pool, SCHEDULABLE)
                .put("endpoint", ChosenWorker.endpointOf(worker))
                .putNull("kv_events_endpoint")
                .putNull("replay_endpoint")
                .put("block_size", card.cache().blockSizeTokens())
                .put("data_parallel_start_rank", card.ranks().start())
                .put("data_parallel_size", card.ranks().size())
                .put("max_num_batched_tokens", known(card.limits().maxNumBatchedTokens()))
                .put("total_kv_blocks", known(card.limits().totalKvBlocks()))
                .putNull("stable_routing_id")
                .put("is_eagle", card.cache().eagle());
        body.set("taints", sorted(card.routing().taints()));
        return withTransfer(body, card.routing().kvTransfer());
    }

    private static ObjectNode named(long workerId, PoolKey.OfModel pool, String lifecycle) {
        ObjectNode body = JSON.objectNode();
        body.set("worker_id", ResponseBodies.unsigned(workerId));
        return body.put("model_name", pool.model())
                .put("routing_group", pool.routingGroup())
                .put("lifecycle", lifecycle);
    }

    private static ObjectNode withTransfer(ObjectNode body, KvTransfer transfer) {
        ObjectNode domains = body.putObject("topology_domains");
        new TreeMap<>(transfer.domains()).forEach(domains::put);
        KvTransfer.@Nullable Enforcement enforcement = transfer.enforcement();
        return body.put("kv_transfer_domain", transfer.domain())
                .put(
                        "kv_transfer_enforcement",
                        enforcement == null ? null : enforcement.name().toLowerCase(Locale.ROOT))
                .put("kv_transfer_preferred_weight", transfer.preferredWeight());
    }

    private static ArrayNode sorted(Set<String> texts) {
        ArrayNode array = JSON.arrayNode();
        texts.stream().sorted().forEach(array::add);
        return array;
    }

    private static @Nullable Integer known(int limit) {
        return limit == 0 ? null : limit;
    }
}
