package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.eventplane.EventFrames;
import io.kvepp.eventplane.Payload;
import io.kvepp.eventplane.testing.CapturedMessage;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KvEventDecoderTest {
    private static final WorkerWithDpRank WORKER = new WorkerWithDpRank(-3, 2);

    @Test
    void decodesThePromptOfARealRunToItsDocumentedHashes() throws MalformedMessageException {
        CapturedMessage captured = CapturedMessage.read("agg-kv-events.jsonl").getFirst();

        assertThat(decode(captured))
                .containsExactly(new DecodedEvent.Applicable(new RouterEvent(
                        new WorkerWithDpRank(1407050536369038380L, 0),
                        StorageTier.DEVICE,
                        1,
                        new KvCacheEvent.Stored(
                                OptionalLong.empty(),
                                hashes("17339773353054330569", "4182082866249866169"),
                                hashes("17339773353054330569", "16122324268113609730")))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "agg-kv-events.jsonl",
                "agg-dp2-kv-events.jsonl",
                "agg-evict-kv-events.jsonl",
                "agg-hosttier-evict-kv-events.jsonl",
                "disagg-kv-events.jsonl",
                "disagg-boot-dp2-kv-events.jsonl"
            })
    void findsInEveryCapturedMessageWhatAnotherDecoderFound(String file) throws MalformedMessageException {
        for (CapturedMessage captured : CapturedMessage.read(file)) {
            List<DecodedEvent> expected = StreamSupport.stream(
                            captured.payload().spliterator(), false)
                    .map(KvEventDecoderTest::expected)
                    .toList();
            assertThat(decode(captured)).isEqualTo(expected);
        }
    }

    @Test
    void anExplicitNilParentIsNoParentAndANegativeHashIsItsBits() throws MalformedMessageException {
        Map<String, Object> block = Map.of("block_hash", -1, "tokens_hash", 5L);
        Map<String, Object> stored = Map.of("parent_hash", -2, "blocks", List.of(block));

        RouterEvent event = only(WireMessages.event(-3, 2, 1, Map.of("stored", stored)));

        assertThat(event.event())
                .isEqualTo(new KvCacheEvent.Stored(OptionalLong.of(-2), new long[] {-1}, new long[] {5}));
    }

    @Test
    void clearedIsABareString() throws MalformedMessageException {
        assertThat(only(WireMessages.event(-3, 2, 1, "cleared")).event()).isEqualTo(new KvCacheEvent.Cleared());
    }

    @Test
    void tierDomainAndRankHaveDefaultsAndUnknownFieldsAreSkipped() throws MalformedMessageException {
        Map<String, Object> body = Map.of(
                "event_id", 4L, "data", Map.of("removed", Map.of("block_hashes", List.of(9L), "later", Nil.NIL)));
        Map<String, Object> event = Map.of("worker_id", -3L, "event", body, "state_source", Map.of("a", List.of(1)));

        assertThat(only(event))
                .isEqualTo(new RouterEvent(
                        new WorkerWithDpRank(-3, 0), StorageTier.DEVICE, 4, new KvCacheEvent.Removed(new long[] {9})));
    }

    @ParameterizedTest
    @CsvSource({
        "storage_tier, tape, true",
        "residency_domain, cache_owner, true",
        "residency_domain, other, true",
        "storage_tier, host_pinned, false",
        "storage_tier, disk, false",
        "storage_tier, external, false",
    })
    void anUnknownTierOrDomainMakesTheEventIgnoredButSeen(String field, String value, boolean ignored)
            throws MalformedMessageException {
        Map<String, Object> event = WireMessages.storedEvent(-3, 2, 8, 1);
        event.put(field, value);

        DecodedEvent decoded = decode(event).getFirst();

        assertThat(decoded instanceof DecodedEvent.Ignored).isEqualTo(ignored);
        assertThat(decoded.eventId()).isEqualTo(8);
        assertThat(decoded.worker()).isEqualTo(WORKER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"storage_tier", "residency_domain", "worker_id", "event"})
    void anExplicitNilIsMalformed(String field) {
        Map<String, Object> event = WireMessages.storedEvent(-3, 2, 8, 1);
        event.put(field, Nil.NIL);

        assertThatThrownBy(() -> decode(event)).isInstanceOf(MalformedMessageException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"worker_id", "event"})
    void aMissingFieldIsMalformed(String field) {
        Map<String, Object> event = WireMessages.storedEvent(-3, 2, 8, 1);
        event.remove(field);

        assertThatThrownBy(() -> decode(event)).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void unknownDataAndBlocksWithoutHashesAreMalformed() {
        List<Object> wrong = List.of(
                "dropped",
                Map.of("moved", Map.of()),
                Map.of("stored", Map.of()),
                Map.of("stored", Map.of("blocks", List.of(Map.of("block_hash", 1L)))),
                Map.of("removed", Map.of()),
                Map.of("removed", Map.of("block_hashes", List.of("x"))),
                Map.of());
        for (Object data : wrong) {
            assertThatThrownBy(() -> decode(WireMessages.event(-3, 2, 1, data)))
                    .as("%s", data)
                    .isInstanceOf(MalformedMessageException.class);
        }
    }

    @Test
    void truncatedAndDamagedPayloadsNeverThrowAnythingElse() throws MalformedMessageException {
        Random random = new Random(4711);
        for (CapturedMessage captured : CapturedMessage.read("agg-hosttier-evict-kv-events.jsonl")) {
            byte[] payload =
                    EventFrames.decode("kv-events", captured.frames()).payload().toBytes();
            for (int length = 0; length < payload.length; length++) {
                byte[] cut = Arrays.copyOf(payload, length);
                assertThatThrownBy(() -> KvEventDecoder.decode(Payload.of(cut)))
                        .isInstanceOf(MalformedMessageException.class);
            }
            for (int i = 0; i < 2_000; i++) {
                byte[] damaged = payload.clone();
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                decodeAnyhow(damaged);
            }
        }
    }

    private static void decodeAnyhow(byte[] payload) {
        try {
            assertThat(KvEventDecoder.decode(Payload.of(payload))).isNotNull();
        } catch (MalformedMessageException e) {
            assertThat(e).hasMessageContaining("expected");
        }
    }

    private static RouterEvent only(Map<String, Object> event) throws MalformedMessageException {
        return ((DecodedEvent.Applicable) decode(event).getFirst()).event();
    }

    private static List<DecodedEvent> decode(Map<String, Object> event) throws MalformedMessageException {
        return KvEventDecoder.decode(Payload.of(MsgpackWriter.write(List.of(event))));
    }

    private static List<DecodedEvent> decode(CapturedMessage captured) throws MalformedMessageException {
        return KvEventDecoder.decode(
                EventFrames.decode("kv-events", captured.frames()).payload());
    }

    private static DecodedEvent expected(JsonNode event) {
        JsonNode body = event.path("event");
        return new DecodedEvent.Applicable(new RouterEvent(
                new WorkerWithDpRank(
                        bits(event.path("worker_id")), body.path("dp_rank").intValue()),
                StorageTier.valueOf(event.path("storage_tier").textValue().toUpperCase(Locale.ROOT)),
                bits(body.path("event_id")),
                expectedChange(body.path("data"))));
    }

    private static KvCacheEvent expectedChange(JsonNode data) {
        if (data.has("removed")) {
            return new KvCacheEvent.Removed(all(data.path("removed").path("block_hashes"), ""));
        }
        JsonNode stored = data.path("stored");
        JsonNode parent = stored.path("parent_hash");
        return new KvCacheEvent.Stored(
                parent.isNull() ? OptionalLong.empty() : OptionalLong.of(bits(parent)),
                all(stored.path("blocks"), "block_hash"),
                all(stored.path("blocks"), "tokens_hash"));
    }

    private static long[] all(JsonNode array, String field) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToLong(element -> bits(field.isEmpty() ? element : element.path(field)))
                .toArray();
    }

    private static long bits(JsonNode number) {
        return number.bigIntegerValue().longValue();
    }

    private static long[] hashes(String... unsigned) {
        return Arrays.stream(unsigned).mapToLong(Long::parseUnsignedLong).toArray();
    }
}
