package io.kvepp.eventplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.testing.CapturedMessage;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.msgpack.MalformedMessageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventFramesTest {
    private static final String TOPIC = "kv-events";

    @Test
    void decodesTheFirstMessageOfARealRun() throws MalformedMessageException {
        CapturedMessage captured = CapturedMessage.read("agg-kv-events.jsonl").getFirst();

        EventMessage message = EventFrames.decode(TOPIC, captured.frames());

        assertThat(message.publisherId()).isEqualTo(0x133d5d66f781b3L);
        assertThat(message.sequence()).isZero();
        assertThat(message.payload().toBytes()).hasSize(256).startsWith(0x91, 0x84, 0xa9);
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
    void decodesEveryCapturedMessage(String file) throws MalformedMessageException {
        for (CapturedMessage captured : CapturedMessage.read(file)) {
            assertThat(EventFrames.decode(TOPIC, captured.frames()).payload().toBytes())
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"agg-kv-events.jsonl", "agg-dp2-kv-events.jsonl", "disagg-kv-events.jsonl"})
    void writesEveryCapturedMessageByteByByteAsDynamoDid(String file) throws MalformedMessageException {
        for (CapturedMessage captured : CapturedMessage.read(file)) {
            byte[] frame = captured.frames().getLast();
            Envelope envelope = Envelope.decode(frame, 5, frame.length);

            List<byte[]> written = EventFrames.encode(TOPIC, envelope);

            assertThat(written).hasSameSizeAs(captured.frames());
            for (int i = 0; i < written.size(); i++) {
                assertThat(written.get(i))
                        .as("frame %d", i)
                        .isEqualTo(captured.frames().get(i));
            }
        }
    }

    @Test
    void everyDamageToTheFramesIsMalformed() {
        List<byte[]> good = WireMessages.frames(TOPIC, 7, 0, new byte[] {(byte) 0x90});
        assertMalformed(good.subList(0, 3), "3 frames (expected: 4)");
        List<byte[]> five = new ArrayList<>(good);
        five.add(new byte[0]);
        assertMalformed(five, "5 frames");
        assertMalformed(with(good, 1, new byte[7]), "publisher id of 7 bytes (expected: 8)");
        assertMalformed(with(good, 1, new byte[8]), "publisher id and sequence of the frames");
        assertMalformed(with(good, 2, new byte[] {0, 0, 0, 0, 0, 0, 0, 1}), "publisher id and sequence");
        assertMalformed(with(good, 3, new byte[0]), "version 1");
        byte[] otherVersion = good.get(3).clone();
        otherVersion[0] = 2;
        assertMalformed(with(good, 3, otherVersion), "version 1");
        byte[] frame = good.get(3);
        assertMalformed(with(good, 3, Arrays.copyOf(frame, frame.length - 1)), "envelope of");
        assertMalformed(with(good, 3, WireMessages.versioned(MsgpackWriter.write(Map.of("topic", "x")))), "payload");
        assertMalformed(WireMessages.frames("other", 7, 0, new byte[1]), "topic kv-events");
    }

    private static void assertMalformed(List<byte[]> frames, String message) {
        assertThatThrownBy(() -> EventFrames.decode(TOPIC, frames))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining(message);
    }

    private static List<byte[]> with(List<byte[]> frames, int index, byte[] frame) {
        List<byte[]> changed = new ArrayList<>(frames);
        changed.set(index, frame);
        return changed;
    }
}
