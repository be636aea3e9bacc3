package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.Payload;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Blocks in the form that Dynamo writes are read at a glance; every other form means the same.
class BlockFieldsTest {
    private static final long HASH = 0x8123_4567_89ab_cdefL;
    private static final long TOKENS = 0xfedc_ba98_7654_3210L;

    static Stream<List<String>> fields() {
        return Stream.of(
                        "block_hash tokens_hash mm_extra_info",
                        "block_hash tokens_hash",
                        "block_hash tokens_hash mm_extra_infos",
                        "block_hash tokens_hash objects",
                        "block_hash mm_extra_info tokens_hash",
                        "block_hash small_tokens mm_extra_info",
                        "tokens_hash block_hash mm_extra_info",
                        "mm_extra_info block_hash tokens_hash",
                        "small_hash tokens_hash mm_extra_info",
                        "block_hash tokens_hash mm_extra_info later",
                        "block_hash later tokens_hash mm_extra_info")
                .map(words -> Arrays.asList(words.split(" ", -1)));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void aBlockMeansTheSameInEveryForm(List<String> fields) throws MalformedMessageException {
        long hash = fields.contains("small_hash") ? 7 : HASH;
        long tokens = fields.contains("small_tokens") ? 9 : TOKENS;

        DecodedEvent event = KvEventDecoder.decode(Payload.of(payload(fields))).getFirst();

        assertThat(event).isInstanceOf(DecodedEvent.Applicable.class);
        assertThat(((DecodedEvent.Applicable) event).event().event())
                .isEqualTo(new KvCacheEvent.Stored(
                        OptionalLong.empty(), new long[] {hash, hash}, new long[] {tokens, tokens}));
    }

    static Stream<List<String>> missing() {
        return Stream.of(
                List.of(),
                List.of("block_hash"),
                List.of("tokens_hash"),
                List.of("block_hash", "mm_extra_info"),
                List.of("tokens_hash", "mm_extra_info"));
    }

    @ParameterizedTest
    @MethodSource("missing")
    void aBlockWithoutOneOfItsHashesIsMalformed(List<String> fields) {
        assertThatThrownBy(() -> KvEventDecoder.decode(Payload.of(payload(fields))))
                .isInstanceOf(MalformedMessageException.class);
    }

    @ParameterizedTest
    @MethodSource("fields")
    void whatIsCutShortIsMalformed(List<String> fields) {
        byte[] whole = payload(fields);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> KvEventDecoder.decode(Payload.of(cut)))
                    .as("%d bytes", length)
                    .isInstanceOf(MalformedMessageException.class);
        }
    }

    /// One event that stores the same block twice.
    private static byte[] payload(List<String> fields) {
        MsgpackWriter out = new MsgpackWriter().array(1).map(2).string("worker_id");
        out.unsigned(5).string("event").map(2).string("event_id").unsigned(1).string("data");
        out.map(1).string("stored").map(1).string("blocks").array(2);
        write(out, fields);
        write(out, fields);
        return out.toBytes();
    }

    private static void write(MsgpackWriter out, List<String> fields) {
        out.map(fields.size());
        for (String field : fields) {
            switch (field) {
                case "block_hash" -> out.string(field).unsigned(HASH);
                case "tokens_hash" -> out.string(field).unsigned(TOKENS);
                case "small_hash" -> out.string("block_hash").unsigned(7);
                case "small_tokens" -> out.string("tokens_hash").unsigned(9);
                case "objects" ->
                    out.string("mm_extra_info").map(1).string("mm_objects").array(0);
                default -> out.string(field).nil();
            }
        }
    }
}
