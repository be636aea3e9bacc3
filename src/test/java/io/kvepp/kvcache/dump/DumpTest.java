package io.kvepp.kvcache.dump;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.testing.FixedIndexer;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DumpTest {
    private static final long LARGE = -2;
    private static final BlockHasher HASHER = new BlockHasher(1, null, null, false);
    private static final ModelCards MODEL = ModelCards.aggregated("m");

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer indexer = new PrefixKvIndexer(slots);

    @Test
    void hasTheFormOfDynamosIndexer() throws IOException {
        slots.assign(new WorkerWithDpRank(LARGE, 1));
        indexer.apply(
                event(LARGE, 1, StorageTier.DEVICE, stored(OptionalLong.empty(), new long[] {-1}, new long[] {7})));
        indexer.apply(
                event(LARGE, 1, StorageTier.HOST_PINNED, stored(OptionalLong.of(-1), new long[] {5}, new long[] {6})));

        assertThat(dump(ModelCards.set(MODEL.ranks(0, 2).on(LARGE)))).isEqualTo(new ObjectMapper().readTree("""
                        {"m:default": {"block_size": 16, "events": [
                          {"worker_id": 18446744073709551614, "storage_tier": "device", "event": {"event_id": 1,
                           "data": {"stored": {"parent_hash": null, "start_position": null, "blocks": [
                             {"block_hash": 18446744073709551615, "tokens_hash": 7, "mm_extra_info": null}]}},
                           "dp_rank": 1}},
                          {"worker_id": 18446744073709551614, "storage_tier": "host_pinned", "event": {"event_id": 2,
                           "data": {"stored": {"parent_hash": 18446744073709551615, "start_position": null, "blocks": [
                             {"block_hash": 5, "tokens_hash": 6, "mm_extra_info": null}]}},
                           "dp_rank": 1}}]}}"""));
    }

    @Test
    void eachModelHasItsOwnRanksAndOthersAreLeftOut() throws IOException {
        for (int id = 1; id <= 3; id++) {
            slots.assign(new WorkerWithDpRank(id, 0));
            indexer.apply(
                    event(id, 0, StorageTier.DEVICE, stored(OptionalLong.empty(), new long[] {id}, new long[] {id})));
        }
        JsonNode dump = dump(new WorkerSet(
                List.of(
                        MODEL.on(1),
                        ModelCards.aggregated("other").on(2),
                        ModelCards.aggregated("idle").on(4)),
                List.of()));

        assertThat(dump.properties())
                .extracting(entry ->
                        entry.getKey() + " " + entry.getValue().get("events").size())
                .containsExactly("idle:default 0", "m:default 1", "other:default 1");
        assertThat(dump.at("/m:default/events/0/worker_id").longValue()).isEqualTo(1);
    }

    @Test
    void anIndexLoadedFromADumpIsEqual() throws IOException {
        Random random = new Random(3);
        List<WorkerWithDpRank> ranks = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            ranks.add(new WorkerWithDpRank(i / 2, i % 2));
            slots.assign(ranks.getLast());
        }
        for (int i = 0; i < 3_000; i++) {
            WorkerWithDpRank rank = ranks.get(random.nextInt(ranks.size()));
            StorageTier tier = StorageTier.values()[random.nextInt(4)];
            BlockHashes prompt = prompt(random);
            KvCacheEvent change = random.nextInt(3) > 0
                    ? stored(OptionalLong.empty(), prompt.sequence(), prompt.local())
                    : new KvCacheEvent.Removed(new long[] {prompt.sequence()[random.nextInt(prompt.count())]});
            indexer.apply(new RouterEvent(rank, tier, i + 1, change));
        }
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        new DumpWriter(indexer, _ -> "default").write(workers(), json);
        PrefixKvIndexer loaded = new PrefixKvIndexer(slots);
        DumpReader.read(new ByteArrayInputStream(json.toByteArray()), event -> {
            loaded.apply(event);
            return true;
        });

        assertThat(loaded.stats().ownerBlocks()).isEqualTo(indexer.stats().ownerBlocks());
        for (int i = 0; i < 2_000; i++) {
            BlockHashes prompt = prompt(random);
            ranks.forEach(rank -> assertThat(scores(loaded, rank, prompt)).isEqualTo(scores(indexer, rank, prompt)));
        }
    }

    @Test
    void everyKindOfEventIsReadBackAsItWasWritten() throws IOException {
        List<RouterEvent> events = List.of(
                event(LARGE, 1, StorageTier.DISK, stored(OptionalLong.of(-5), new long[] {-1, 0, 1}, new long[] {
                    2, -3, 4
                })),
                event(LARGE, 1, StorageTier.EXTERNAL, new KvCacheEvent.Removed(new long[] {-9, 9})),
                event(LARGE, 1, StorageTier.DEVICE, new KvCacheEvent.Cleared()));
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        new DumpWriter(new FixedIndexer(events, IndexStats.NONE), _ -> "default")
                .write(ModelCards.set(MODEL.ranks(0, 2).on(LARGE)), json);

        assertThat(read(json.toString(StandardCharsets.UTF_8))).isEqualTo(events);
    }

    @Test
    void fieldsOfOthersAreSkipped() throws IOException {
        assertThat(read("""
                {"m:default": {"block_size": 16, "more": {"events": [1]}, "events": [
                  {"residency_domain": "worker", "event": {"dp_rank": 0, "more": [{}],
                   "data": {"removed": {"more": null, "block_hashes": [3]}}, "event_id": 1},
                   "worker_id": 4, "session_id": null},
                  {"worker_id": 4, "storage_tier": "tape", "event": {"event_id": 2, "data": "cleared", "dp_rank": 0}}]},
                 "n:default": {"error": "none"}}"""))
                .containsExactly(event(4, 0, StorageTier.DEVICE, new KvCacheEvent.Removed(new long[] {3})));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            []                                                                   | an object of models
            {"m:d": 3}                                                           | an object with block_size and events
            {"m:d": {"events": {}}}                                              | an array of events
            {"m:d": {"events": [3]}}                                             | an event
            {"m:d": {"events": [{"worker_id": 1}]}}                              | worker_id and event
            {"m:d": {"events": [{"worker_id": -1}]}}                             | an unsigned 64-bit number
            {"m:d": {"events": [{"worker_id": 18446744073709551616}]}}           | an unsigned 64-bit number
            {"m:d": {"events": [{"worker_id": "1"}]}}                            | an unsigned 64-bit number
            {"m:d": {"events": [{"event": {"dp_rank": 4294967296}}]}}            | a rank
            {"m:d": {"events": [{"event": {}}]}}                                 | data
            {"m:d": {"events": [{"event": {"data": "gone"}}]}}                   | stored, removed or cleared
            {"m:d": {"events": [{"event": {"data": {"lost": {}}}}]}}             | stored, removed or cleared
            {"m:d": {"events": [{"event": {"data": {}}}]}}                       | stored, removed or cleared
            {"m:d": {"events": [{"event": {"data": {"stored": {"blocks": 1}}}}]}}| an array of blocks
            {"m:d": {"events": [{"event": {"data": {"stored": {"blocks": [{"block_hash": 1}]}}}}]}}| block_hash and tokens_hash of each block
            {"m:d": {"events": [{"event": {"data": {"removed": {"block_hashes": 1}}}}]}}| an array of hashes
            {} {}                                                                | the end
            """)
    void whatIsNoDumpIsRefusedWithThePlace(String text, String expected) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("dump: byte \\d+ \\(expected: " + expected + "\\)");
    }

    @Test
    void aSinkThatHasEnoughEndsTheReading() {
        String event = "{\"worker_id\": 4, \"event\": {\"event_id\": 1, \"data\": \"cleared\"}}";
        String dump = "{\"m:d\": {\"events\": [" + event + "," + event + "," + event + "]}}";
        List<RouterEvent> events = new ArrayList<>();

        assertThatThrownBy(
                        () -> DumpReader.read(new ByteArrayInputStream(dump.getBytes(StandardCharsets.UTF_8)), told -> {
                            events.add(told);
                            return events.size() < 2;
                        }))
                .isInstanceOf(IOException.class)
                .hasMessage("dump: not read to its end");
        assertThat(events).hasSize(2);
    }

    @Test
    void everyTruncatedDumpIsRefused() throws IOException {
        slots.assign(new WorkerWithDpRank(1, 0));
        indexer.apply(event(1, 0, StorageTier.DEVICE, stored(OptionalLong.empty(), new long[] {5}, new long[] {6})));
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        new DumpWriter(indexer, _ -> "default").write(ModelCards.set(MODEL.on(1)), json);
        byte[] whole = json.toByteArray();
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> DumpReader.read(new ByteArrayInputStream(part), _ -> true))
                    .as("the first %s bytes", length)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aFullDiskIsAnIoException() {
        slots.assign(new WorkerWithDpRank(1, 0));
        indexer.apply(event(1, 0, StorageTier.DEVICE, stored(OptionalLong.empty(), new long[9_999], new long[9_999])));
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("full");
            }
        };

        assertThatThrownBy(() -> new DumpWriter(indexer, _ -> "default").write(workers(), full))
                .isInstanceOf(IOException.class)
                .hasMessage("full");
    }

    @Test
    void eachRoutingGroupHasItsOwnRanks() throws IOException {
        for (int id = 1; id <= 2; id++) {
            slots.assign(new WorkerWithDpRank(id, 0));
            indexer.apply(
                    event(id, 0, StorageTier.DEVICE, stored(OptionalLong.empty(), new long[] {id}, new long[] {id})));
        }
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        new DumpWriter(indexer, card -> card.cache().blockSizeTokens() == 16 ? "small" : "large")
                .write(new WorkerSet(List.of(MODEL.on(1), MODEL.blocksOf(32).on(2)), List.of()), json);

        JsonNode dump = new ObjectMapper().readTree(json.toByteArray());
        assertThat(dump.fieldNames()).toIterable().containsExactly("m:large", "m:small");
        assertThat(dump.at("/m:large/block_size").intValue()).isEqualTo(32);
        assertThat(dump.at("/m:large/events").findValuesAsText("worker_id")).containsExactly("2");
        assertThat(dump.at("/m:small/events").findValuesAsText("worker_id")).containsExactly("1");
    }

    private JsonNode dump(WorkerSet workers) throws IOException {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        new DumpWriter(indexer, _ -> "default").write(workers, json);
        return new ObjectMapper().readTree(json.toByteArray());
    }

    private static List<RouterEvent> read(String json) throws IOException {
        List<RouterEvent> events = new ArrayList<>();
        DumpReader.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), events::add);
        return events;
    }

    private static WorkerSet workers() {
        ModelCards two = MODEL.ranks(0, 2);
        return new WorkerSet(List.of(two.on(0), two.on(1), two.on(2)), List.of());
    }

    private static BlockHashes prompt(Random random) {
        return HASHER.hash(random.ints(1 + random.nextInt(8), 0, 3).toArray());
    }

    private int[] scores(KvIndexer index, WorkerWithDpRank rank, BlockHashes prompt) {
        var scores = index.findMatches(prompt);
        int slot = slots.slotOf(rank);
        return new int[] {scores.device(slot), scores.hostPinned(slot), scores.disk(slot)};
    }

    private static RouterEvent event(long workerId, int dpRank, StorageTier tier, KvCacheEvent event) {
        return new RouterEvent(new WorkerWithDpRank(workerId, dpRank), tier, 1, event);
    }

    private static KvCacheEvent.Stored stored(OptionalLong parent, long[] blockHashes, long[] tokensHashes) {
        return new KvCacheEvent.Stored(parent, blockHashes, tokensHashes);
    }
}
