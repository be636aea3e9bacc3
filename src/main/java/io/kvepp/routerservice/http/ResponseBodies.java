package io.kvepp.routerservice.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.ValueNode;
import io.kvepp.routerservice.ChosenWorker;
import io.kvepp.routerservice.OverlapTable;
import io.kvepp.routerservice.PoolLoads;
import io.kvepp.routerservice.RankOverlap;
import io.kvepp.routerservice.Selected;
import io.kvepp.worker.WorkerWithDpRank;
import java.math.BigInteger;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// How results are written.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/types`, `services/overlap`.
final class ResponseBodies {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ResponseBodies() {}

    static ObjectNode ok() {
        return JSON.objectNode().put("status", "ok");
    }

    static ObjectNode error(String message) {
        return JSON.objectNode().put("error", message);
    }

    static ObjectNode chosen(@Nullable String id, ChosenWorker chosen) {
        ObjectNode body = JSON.objectNode();
        if (id != null) {
            body.put("selection_id", id);
        }
        body.put("model_name", chosen.model()).put("routing_group", chosen.routingGroup());
        return rank(body, chosen.worker()).put("endpoint", chosen.endpoint());
    }

    /// Where it would go.
    static ObjectNode selected(@Nullable String id, Selected selected) {
        int blockSize = selected.hashes().blockSizeTokens();
        ObjectNode body = chosen(id, selected.chosen()).put("block_size", blockSize);
        body.set("overlap", overlap(selected.overlaps(), blockSize));
        return body.put("effective_prefill_tokens", selected.uncachedTokens())
                .put("potential_decode_blocks", selected.projectedBlocks());
    }

    /// Where it would go, and how busy that rank is.
    static ObjectNode advised(@Nullable String id, Selected selected) {
        ObjectNode body = selected(id, selected);
        ObjectNode load = body.putObject("worker_load")
                .put("active_prefill_tokens", selected.prefillTokens())
                .put("prefill_token_capacity", selected.prefillTokenCapacity());
        if (selected.totalKvBlocks() > 0) {
            load.put("total_kv_blocks", selected.totalKvBlocks());
        }
        return body;
    }

    /// Where it goes, and what was booked.
    static ObjectNode reserved(String id, Selected selected) {
        ObjectNode body = selected(id, selected);
        ArrayNode hashes = body.putArray("sequence_hashes");
        for (long hash : selected.hashes().sequence()) {
            hashes.add(hash);
        }
        return body.put("isl_tokens", selected.promptTokens())
                .put("track_prefill_tokens", selected.trackPrefillTokens());
    }

    static ObjectNode overlaps(OverlapTable table) {
        ObjectNode body =
                JSON.objectNode().put("block_size", table.blockSizeTokens()).put("num_blocks", table.blocks());
        ArrayNode workers = body.putArray("workers");
        for (RankOverlap overlap : table.ranks()) {
            rank(workers.addObject(), overlap.worker())
                    .put("device_blocks", overlap.deviceBlocks())
                    .put("host_pinned_blocks", overlap.throughHost())
                    .put("disk_blocks", overlap.throughDisk())
                    .put("host_pinned_extension_blocks", overlap.hostPinnedBlocks())
                    .put("disk_extension_blocks", overlap.diskBlocks())
                    .putNull("shared_beyond_device_blocks");
        }
        ObjectNode shared = body.putObject("shared_cache").put("enabled", false).put("total_hit_blocks", 0);
        shared.putArray("ranges");
        shared.putNull("error");
        return body;
    }

    static ArrayNode loads(List<PoolLoads> pools) {
        ArrayNode body = JSON.arrayNode();
        for (PoolLoads pool : pools) {
            ObjectNode entry =
                    body.addObject().put("model_name", pool.model()).put("routing_group", pool.routingGroup());
            entry.set("loads", ranks(pool.ranks()));
            entry.put("pending_count", pool.waiting()).put("pending_isl_tokens", pool.waitingPromptTokens());
        }
        return body;
    }

    static ArrayNode ranks(List<PoolLoads.RankLoad> ranks) {
        ArrayNode loads = JSON.arrayNode();
        for (PoolLoads.RankLoad rank : ranks) {
            rank(loads.addObject(), rank.worker())
                    .put("potential_prefill_tokens", rank.load().activePrefillTokens())
                    .put("potential_decode_blocks", rank.load().activeBlocks())
                    .put("active_requests", rank.load().activeRequests());
        }
        return loads;
    }

    private static ObjectNode overlap(List<RankOverlap> ranks, int blockSize) {
        int device = most(ranks, RankOverlap::deviceBlocks) * blockSize;
        int host = most(ranks, RankOverlap::throughHost) * blockSize;
        int disk = most(ranks, RankOverlap::throughDisk) * blockSize;
        ObjectNode body = JSON.objectNode().put("longest_matched", disk).put("gpu", device);
        ObjectNode byRank = body.putObject("dp");
        ranks.forEach(rank -> byRank.put(String.valueOf(rank.worker().dpRank()), rank.deviceBlocks() * blockSize));
        return body.put("cpu", host).put("disk", disk);
    }

    private static int most(List<RankOverlap> ranks, ToIntFunction<RankOverlap> blocks) {
        return ranks.stream().mapToInt(blocks).max().orElse(0);
    }

    private static ObjectNode rank(ObjectNode body, WorkerWithDpRank worker) {
        body.set("worker_id", unsigned(worker.workerId()));
        return body.put("dp_rank", worker.dpRank());
    }

    static ValueNode unsigned(long id) {
        return id >= 0 ? JSON.numberNode(id) : JSON.numberNode(new BigInteger(Long.toUnsignedString(id)));
    }
}
