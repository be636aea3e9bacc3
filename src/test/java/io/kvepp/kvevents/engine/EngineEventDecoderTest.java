package io.kvepp.kvevents.engine;

import static io.kvepp.kvevents.engine.EngineMessages.batch;
import static io.kvepp.kvevents.engine.EngineMessages.cleared;
import static io.kvepp.kvevents.engine.EngineMessages.removed;
import static io.kvepp.kvevents.engine.EngineMessages.stored;
import static io.kvepp.kvevents.engine.EngineMessages.storedArray;
import static io.kvepp.kvevents.engine.EngineMessages.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.eventplane.testing.CapturedMessage;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.kvevents.testing.RecordingIndexer;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.EngineEvents.EngineKind;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineEventDecoderTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(7, 0);

    // Of the ids 1 .. 8 in blocks of 4; vectors of Dynamo's own tests.
    private static final long FIRST = Long.parseUnsignedLong("14643705804678351452");
    private static final long SECOND = Long.parseUnsignedLong("16777012769546811212");

    private final RecordingIndexer index = new RecordingIndexer();
    private final EngineEventDecoder decoder = decoder(RANK, 4);

    @Test
    void everyCapturedMessageSaysWhatAnotherDecoderFound() throws MalformedMessageException {
        for (CapturedMessage captured : CapturedMessage.read("raw-engine.jsonl")) {
            JsonNode payload = captured.payload();
            WorkerWithDpRank rank = new WorkerWithDpRank(7, payload.get(2).intValue());
            RecordingIndexer found = new RecordingIndexer();
            new EngineEventDecoder(engine(rank, 16), found)
                    .apply(3, captured.frames().get(2));

            assertThat(found.events())
                    .isEqualTo(StreamSupport.stream(payload.get(1).spliterator(), false)
                            .map(event -> expected(rank, event))
                            .toList());
        }
    }

    @Test
    void theCapturedPromptHasItsDocumentedHashes() throws MalformedMessageException {
        decoder(RANK, 16)
                .apply(
                        0,
                        CapturedMessage.read("raw-engine.jsonl")
                                .getFirst()
                                .frames()
                                .get(2));

        assertThat(only().event())
                .isEqualTo(new KvCacheEvent.Stored(
                        OptionalLong.empty(),
                        hashes("17339773353054330569", "4182082866249866169"),
                        hashes("17339773353054330569", "16122324268113609730")));
    }

    @Test
    void theDocumentedArrayIsReadAsItsMapWouldBe() throws MalformedMessageException {
        byte[] array = HexFormat.of()
                .parseHex("93cb41d954fc402000009197ab426c6f636b53746f726564920b16c098010203040506070804c0a347505500");
        decoder.apply(5, array);
        decoder.apply(5, batch(stored(List.of(11, 22), Nil.NIL, tokens(1, 8), Map.of("medium", "GPU"))));

        assertThat(index.events())
                .hasSize(2)
                .containsOnly(new RouterEvent(
                        RANK,
                        StorageTier.DEVICE,
                        5,
                        new KvCacheEvent.Stored(
                                OptionalLong.empty(), new long[] {11, 22}, new long[] {FIRST, SECOND})));
    }

    @Test
    void aHashIsSignedUnsignedOrBytes() throws MalformedMessageException {
        byte[] sha = new byte[32];
        Arrays.fill(sha, 24, 32, (byte) 0xff);
        decoder.apply(0, batch(stored(List.of(-2, sha), -3L, tokens(1, 8), Map.of())));

        assertThat(only().event())
                .isEqualTo(
                        new KvCacheEvent.Stored(OptionalLong.of(-3), new long[] {-2, -1}, new long[] {FIRST, SECOND}));
    }

    @Test
    void pairsOfIdsAreHashedWithTheOneThatFollows() throws MalformedMessageException {
        List<List<Integer>> pairs =
                tokens(1, 8).stream().map(id -> List.of(id, id + 1)).toList();
        decoder.apply(0, batch(stored(List.of(11, 22), Nil.NIL, pairs, Map.of())));

        assertThat(((KvCacheEvent.Stored) only().event()).tokensHashes())
                .containsExactly(hashes("1914873892905420881", "1929047464662796003"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "lora, adapter-a, , 11381080598872079209, 5698110331184095209",
        "salt, , cache-a, 11815791040635859300, 7154408985666836990",
        "both, adapter-a, cache-a, 9262824415928840400, 11986027628175468376",
    })
    void adapterAndSaltSeedTheHashesOfABlockAndOfThoseThatFollow(
            String name, String lora, String salt, String first, String second) throws MalformedMessageException {
        Object loraName = lora == null ? Nil.NIL : lora;
        Object cacheSalt = salt == null ? Nil.NIL : salt;
        decoder.apply(
                0,
                batch(
                        stored(
                                List.of(11),
                                Nil.NIL,
                                tokens(1, 4),
                                Map.of("lora_name", loraName, "cache_salt", cacheSalt)),
                        // Only the first block of a prompt tells the salt.
                        stored(List.of(22), 11, tokens(5, 8), Map.of("lora_name", loraName))));

        assertThat(localHashes()).containsExactly(hashes(first, second));
    }

    @Test
    void aSaltMayStandAmongTheExtraKeysWithOrWithoutDynamosPrefix() throws MalformedMessageException {
        for (String salt : List.of("dynamo-cache-salt:cache-a", "cache-a")) {
            decoder.apply(
                    0,
                    batch(storedArray(
                            List.of(11),
                            Nil.NIL,
                            tokens(1, 4),
                            Nil.NIL,
                            "GPU",
                            "adapter-a",
                            List.of(List.of("adapter-a", salt)))));
        }
        // SGLang has a map where vLLM names the adapter.
        decoder.apply(
                0,
                batch(storedArray(List.of(33), Nil.NIL, tokens(1, 4), Nil.NIL, "", Map.of("cache_salt", "cache-a"))));

        assertThat(localHashes())
                .containsExactly(hashes("9262824415928840400", "9262824415928840400", "11815791040635859300"));
    }

    @Test
    void whatFollowsABlockOfTwoSaltsIsLeftOut() throws MalformedMessageException {
        decoder.apply(
                0,
                batch(
                        stored(List.of(11), Nil.NIL, tokens(1, 4), Map.of("cache_salt", "a")),
                        stored(List.of(11), Nil.NIL, tokens(1, 4), Map.of("cache_salt", "b")),
                        stored(List.of(22), 11, tokens(5, 8), Map.of())));

        assertThat(index.events()).hasSize(2);
        assertThat(decoder.takeIgnored()).isEqualTo(1);
    }

    @Test
    void mediaObjectsChangeTheHashOfTheBlockTheyStandIn() throws MalformedMessageException {
        String marked = "000000000000002a" + "0".repeat(48);
        byte[] keys = batch(stored(
                List.of(11, 22), Nil.NIL, tokens(1, 8), Map.of("extra_keys", List.of(List.of(marked), Nil.NIL))));
        byte[] offsets = batch(stored(
                List.of(11, 22),
                Nil.NIL,
                tokens(1, 8),
                Map.of("extra_keys", List.of(List.of(List.of(marked, 3)), Nil.NIL))));
        byte[] infos = batch(stored(
                List.of(11, 22),
                Nil.NIL,
                tokens(1, 8),
                Map.of("block_mm_infos", List.of(Map.of("mm_objects", List.of(Map.of("mm_hash", 42L))), Nil.NIL))));
        for (byte[] message : List.of(keys, offsets, infos)) {
            decoder.apply(0, message);
        }

        assertThat(index.events()).hasSize(3);
        assertThat(index.events().stream().distinct()).hasSize(1);
        assertThat(((KvCacheEvent.Stored) index.events().getFirst().event()).tokensHashes())
                .containsExactly(Long.parseUnsignedLong("14000361058806882387"), SECOND);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'', DEVICE",
        "GPU, DEVICE",
        "DEVICE, DEVICE",
        "CPU, HOST_PINNED",
        "CPU_PINNED, HOST_PINNED",
        "CPU_TIER1, HOST_PINNED",
        "CPU_TIER2, DISK",
        "DISK, DISK",
        "NVME, DISK",
        "STORAGE, DISK",
        "EXTERNAL, EXTERNAL",
        "NETWORK, EXTERNAL",
        "REMOTE, EXTERNAL",
        "SHARED, EXTERNAL",
    })
    void aMediumIsATier(String medium, StorageTier tier) throws MalformedMessageException {
        decoder.apply(0, batch(stored(List.of(11), Nil.NIL, tokens(1, 4), Map.of("medium", medium))));

        assertThat(only().tier()).isEqualTo(tier);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "medium, FS",
        "locality, REMOTE",
        "locality, MARS",
        "ownership, kvcr",
        "kv_cache_spec_kind, mamba",
        "kv_cache_spec_kind, sliding_window",
        "kv_cache_spec_kind, new",
    })
    void blocksThatAreNoReusablePrefixHereAreLeftOut(String field, String value) throws MalformedMessageException {
        decoder.apply(0, batch(stored(List.of(11), Nil.NIL, tokens(1, 4), Map.of(field, value))));

        assertThat(index.events()).isEmpty();
        assertThat(decoder.takeIgnored()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"full_attention", "mla_attention", "sink_full_attention"})
    void mainLayersCount(String kind) throws MalformedMessageException {
        decoder.apply(
                0,
                batch(stored(
                        List.of(11), Nil.NIL, tokens(1, 4), Map.of("kv_cache_spec_kind", kind, "locality", "LOCAL"))));

        assertThat(index.events()).hasSize(1);
    }

    @Test
    void aGroupWhoseKindWasToldCountsAccordinglyAndElseOnlyTheFirstDoes() throws MalformedMessageException {
        decoder.apply(
                0,
                batch(
                        group(0, Nil.NIL),
                        group(1, Nil.NIL),
                        group(1, "full_attention"),
                        group(1, Nil.NIL),
                        group(0, "mamba"),
                        group(0, Nil.NIL)));

        assertThat(index.events()).hasSize(3);
        assertThat(decoder.takeIgnored()).isEqualTo(3);
    }

    @Test
    void theTailOfAnArrayIsReadInItsOrderOrByType() throws MalformedMessageException {
        Object[] before = {Nil.NIL, Nil.NIL, Nil.NIL, Nil.NIL};
        List<Object> inOrder = storedArray(List.of(1), Nil.NIL, tokens(1, 4), before);
        inOrder.addAll(List.of(1, "full_attention", Nil.NIL, "LOCAL", Nil.NIL, "later"));
        List<Object> elsewhere = storedArray(List.of(2), Nil.NIL, tokens(1, 4), before);
        elsewhere.addAll(List.of(0, Nil.NIL, Nil.NIL, "REMOTE"));
        List<Object> byType = storedArray(List.of(3), Nil.NIL, tokens(1, 4), before);
        byType.addAll(List.of(List.of(Nil.NIL), 3, "mamba"));
        List<Object> owned = storedArray(List.of(4), Nil.NIL, tokens(1, 4), before);
        owned.addAll(List.of(0, Nil.NIL, Nil.NIL, Nil.NIL, "kvcr"));
        List<Object> removedInGroup = List.of("BlockRemoved", List.of(1), Nil.NIL, 3);
        decoder.apply(0, batch(inOrder, elsewhere, byType, owned, removedInGroup, List.of("AllBlocksCleared")));

        assertThat(index.events())
                .extracting(event -> event.event().getClass().getSimpleName())
                .containsExactly("Stored", "Cleared");
        assertThat(decoder.takeIgnored()).isEqualTo(4);
    }

    @Test
    void blocksOfAnotherSizeOrThatAreTheirOwnAncestorsAreLeftOut() throws MalformedMessageException {
        decoder.apply(
                0,
                batch(
                        stored(List.of(11), Nil.NIL, tokens(1, 8), Map.of("block_size", 8)),
                        stored(List.of(11, 11), Nil.NIL, tokens(1, 8), Map.of()),
                        stored(List.of(11, 22), 22, tokens(1, 8), Map.of()),
                        stored(manyHashesThatEndWith(5), 5, tokens(1, 400), Map.of()),
                        stored(List.of(), Nil.NIL, List.of(), Map.of())));

        assertThat(index.events()).isEmpty();
        assertThat(decoder.takeIgnored()).isEqualTo(5);
    }

    @Test
    void blocksWhoseIdsAreMissingAreCutOff() throws MalformedMessageException {
        decoder.apply(0, batch(stored(List.of(11, 22), Nil.NIL, tokens(1, 7), Map.of())));

        assertThat(localHashes()).containsExactly(FIRST);
    }

    @Test
    void removedAndClearedAreWhatTheySay() throws MalformedMessageException {
        decoder.apply(9, batch(removed(List.of(5, -6)), cleared()));

        assertThat(index.events())
                .containsExactly(
                        new RouterEvent(RANK, StorageTier.DEVICE, 9, new KvCacheEvent.Removed(new long[] {5, -6})),
                        new RouterEvent(RANK, StorageTier.DEVICE, 9, new KvCacheEvent.Cleared()));
    }

    @Test
    void damageIsMalformed() {
        Map<String, Object> incomplete = stored(List.of(1), Nil.NIL, tokens(1, 4), Map.of());
        incomplete.remove("token_ids");
        assertMalformed(batch(incomplete), "type, and what an event of the type needs");
        assertMalformed(batch(Map.of("type", "BlockMoved")), "event type");
        assertMalformed(batch(List.of()), "its type first");
        assertMalformed(batch(List.of("BlockStored", List.of(1))), "at least 5");
        assertMalformed(batch(stored(List.of("x"), Nil.NIL, tokens(1, 4), Map.of())), "a whole number");
        assertMalformed(batch(stored(List.of(new byte[7]), Nil.NIL, tokens(1, 4), Map.of())), "at least 8");
        assertMalformed(batch(stored(List.of(1), Nil.NIL, List.of(-1), Map.of())), "0 .. 4294967295");
        assertMalformed(batch(stored(List.of(1), Nil.NIL, List.of(List.of(1)), Map.of())), "pairs");
        assertMalformed(MsgpackWriter.write(List.of(0)), "time, events, rank");
        assertMalformed(MsgpackWriter.write(List.of(0, List.of(), 1)), "data_parallel_rank: 1 (expected: 0)");
        assertMalformed(Arrays.copyOf(batch(cleared()), 100), "nothing after it");
        // An array of four billion hashes.
        assertMalformed(
                HexFormat.of().parseHex("920091" + "95ab426c6f636b53746f726564ddffffffff"), "array of 4294967295");
    }

    @Test
    void nothingButAMalformedMessageComesOfDamage() {
        Random random = new Random(20_261_121);
        List<byte[]> seeds = List.of(
                EngineMessages.block(1, true),
                batch(storedArray(List.of(1, 2), -3, tokens(1, 8), 1, "GPU", "a", List.of(List.of("x"), Nil.NIL), 0)),
                batch(stored(List.of(new byte[32]), Nil.NIL, List.of(List.of(1, 2)), Map.of("cache_salt", "s"))),
                CapturedMessage.read("raw-engine.jsonl").getFirst().frames().get(2));
        int malformed = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] damaged = seeds.get(random.nextInt(seeds.size())).clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(4) == 0) {
                damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length + 8));
            }
            try {
                new EngineEventDecoder(engine(RANK, 4), new RecordingIndexer()).apply(0, damaged);
            } catch (MalformedMessageException e) {
                malformed++;
            }
        }
        assertThat(malformed).isBetween(50_000, 199_999);
    }

    private static Map<String, Object> group(int index, Object kind) {
        return stored(List.of(11), Nil.NIL, tokens(1, 4), Map.of("group_idx", index, "kv_cache_spec_kind", kind));
    }

    private static List<Integer> manyHashesThatEndWith(int last) {
        List<Integer> hashes = new java.util.ArrayList<>(tokens(1_000, 1_098));
        hashes.add(last);
        return hashes;
    }

    private void assertMalformed(byte[] payload, String message) {
        assertThatThrownBy(() -> decoder.apply(0, payload))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining(message);
    }

    private RouterEvent only() {
        assertThat(index.events()).hasSize(1);
        return index.events().getFirst();
    }

    private long[] localHashes() {
        return index.events().stream()
                .flatMapToLong(event -> Arrays.stream(((KvCacheEvent.Stored) event.event()).tokensHashes()))
                .toArray();
    }

    private EngineEventDecoder decoder(WorkerWithDpRank rank, int blockSize) {
        return new EngineEventDecoder(engine(rank, blockSize), index);
    }

    private static EngineEvents engine(WorkerWithDpRank rank, int blockSize) {
        return new EngineEvents(rank, EngineKind.VLLM, "tcp://127.0.0.1:1", null, blockSize);
    }

    private static RouterEvent expected(WorkerWithDpRank rank, JsonNode event) {
        assertThat(event.get("type").textValue()).isEqualTo("BlockStored");
        int[] ids = StreamSupport.stream(event.get("token_ids").spliterator(), false)
                .mapToInt(id -> (int) id.longValue())
                .toArray();
        JsonNode parent = event.get("parent_block_hash");
        return new RouterEvent(
                rank,
                StorageTier.DEVICE,
                3,
                new KvCacheEvent.Stored(
                        parent.isNull()
                                ? OptionalLong.empty()
                                : OptionalLong.of(parent.bigIntegerValue().longValue()),
                        StreamSupport.stream(event.get("block_hashes").spliterator(), false)
                                .mapToLong(hash -> hash.bigIntegerValue().longValue())
                                .toArray(),
                        new BlockHasher(16, null, null, false).hash(ids).local()));
    }

    private static long[] hashes(String... decimal) {
        return Arrays.stream(decimal).mapToLong(Long::parseUnsignedLong).toArray();
    }
}
