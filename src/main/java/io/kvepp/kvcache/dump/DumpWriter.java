package io.kvepp.kvcache.dump;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.ModelCard;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Function;

/// Writes an index as JSON while it is in use, event by event, never as a whole in memory.
///
/// ```
/// {"MODEL:GROUP": {"block_size": 16, "events": [
///   {"worker_id": 1, "storage_tier": "device", "event": {"event_id": 1, "data": {"stored": {
///     "parent_hash": null, "start_position": null, "blocks": [
///       {"block_hash": 2, "tokens_hash": 3, "mm_extra_info": null}]}}, "dp_rank": 0}}]}}
/// ```
///
/// An object for each model of the workers and each routing group, by name; a rank's events are
/// with the model its LoRA adapters belong to. Hashes and ids are unsigned 64-bit numbers. Each
/// rank is told as of one moment; two ranks maybe of different ones.
///
/// Source: Dynamo `lib/kv-router/src/services/indexer/server.rs`, `GET /dump`.
///
/// Thread-safe.
public final class DumpWriter {
    private final KvIndexer indexer;
    private final Function<? super ModelCard, String> groupOf;
    private final JsonFactory json = new JsonFactory();

    /// @param groupOf in which routing group a worker serves the model of a card
    public DumpWriter(KvIndexer indexer, Function<? super ModelCard, String> groupOf) {
        this.indexer = indexer;
        this.groupOf = groupOf;
    }

    /// Writes what the ranks of `workers` hold; does not close `out`.
    ///
    /// @throws IOException when `out` fails; what is written so far is no complete JSON then
    public void write(WorkerSet workers, OutputStream out) throws IOException {
        Map<String, Integer> blockSizes = new TreeMap<>();
        Map<WorkerWithDpRank, String> pools = new HashMap<>();
        for (Worker worker : workers.workers()) {
            for (ModelCard card : worker.cards()) {
                if (card.loraName() == null || worker.cards().size() == 1) {
                    String pool = card.name() + ":" + groupOf.apply(card);
                    blockSizes.putIfAbsent(pool, card.cache().blockSizeTokens());
                    for (int rank = 0; rank < card.ranks().size(); rank++) {
                        pools.putIfAbsent(
                                new WorkerWithDpRank(worker.id(), card.ranks().start() + rank), pool);
                    }
                }
            }
        }
        JsonGenerator generator = json.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        try {
            generator.writeStartObject();
            for (Map.Entry<String, Integer> pool : blockSizes.entrySet()) {
                generator.writeObjectFieldStart(pool.getKey());
                generator.writeNumberField("block_size", pool.getValue());
                generator.writeArrayFieldStart("events");
                writeEvents(pool.getKey(), pools, generator);
                generator.writeEndArray();
                generator.writeEndObject();
            }
            generator.writeEndObject();
            generator.flush();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void writeEvents(String pool, Map<WorkerWithDpRank, String> pools, JsonGenerator generator) {
        indexer.dump(rank -> pool.equals(pools.get(rank)), event -> {
            try {
                writeEvent(event, generator);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void writeEvent(RouterEvent event, JsonGenerator generator) throws IOException {
        generator.writeStartObject();
        unsigned("worker_id", event.worker().workerId(), generator);
        generator.writeStringField("storage_tier", word(event.tier()));
        generator.writeObjectFieldStart("event");
        unsigned("event_id", event.eventId(), generator);
        switch (event.event()) {
            case KvCacheEvent.Stored stored -> {
                generator.writeObjectFieldStart("data");
                writeStored(stored, generator);
                generator.writeEndObject();
            }
            case KvCacheEvent.Removed removed -> {
                generator.writeObjectFieldStart("data");
                writeRemoved(removed, generator);
                generator.writeEndObject();
            }
            case KvCacheEvent.Cleared() -> generator.writeStringField("data", "cleared");
        }
        generator.writeNumberField("dp_rank", event.worker().dpRank());
        generator.writeEndObject();
        generator.writeEndObject();
    }

    private static void writeStored(KvCacheEvent.Stored stored, JsonGenerator generator) throws IOException {
        generator.writeObjectFieldStart("stored");
        OptionalLong parent = stored.parentHash();
        if (parent.isPresent()) {
            unsigned("parent_hash", parent.getAsLong(), generator);
        } else {
            generator.writeNullField("parent_hash");
        }
        generator.writeNullField("start_position");
        generator.writeArrayFieldStart("blocks");
        for (int i = 0; i < stored.blockHashes().length; i++) {
            generator.writeStartObject();
            unsigned("block_hash", stored.blockHashes()[i], generator);
            unsigned("tokens_hash", stored.tokensHashes()[i], generator);
            generator.writeNullField("mm_extra_info");
            generator.writeEndObject();
        }
        generator.writeEndArray();
        generator.writeEndObject();
    }

    private static void writeRemoved(KvCacheEvent.Removed removed, JsonGenerator generator) throws IOException {
        generator.writeObjectFieldStart("removed");
        generator.writeArrayFieldStart("block_hashes");
        for (long hash : removed.blockHashes()) {
            generator.writeNumber(Long.toUnsignedString(hash));
        }
        generator.writeEndArray();
        generator.writeEndObject();
    }

    private static void unsigned(String name, long value, JsonGenerator generator) throws IOException {
        generator.writeFieldName(name);
        generator.writeNumber(Long.toUnsignedString(value));
    }

    static String word(StorageTier tier) {
        return switch (tier) {
            case DEVICE -> "device";
            case HOST_PINNED -> "host_pinned";
            case DISK -> "disk";
            case EXTERNAL -> "external";
        };
    }
}
