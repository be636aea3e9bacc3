package io.kvepp.load.signals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.eventplane.EventFrames;
import io.kvepp.eventplane.testing.CapturedMessage;
import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.load.signals.ForwardPass.Requests;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// What real workers told of their load decodes to the JSON beside it.
class CapturedLoadsTest {
    @Test
    void everyReportOfUsedBlocksDecodesToItsJson() throws MalformedMessageException {
        List<CapturedMessage> messages = CapturedMessage.read("load.jsonl");
        assertThat(messages).hasSizeGreaterThan(30);
        for (CapturedMessage captured : messages) {
            JsonNode json = captured.payload();

            assertThat(EngineLoad.decode(payload("kv_metrics", captured)))
                    .isEqualTo(new EngineLoad(
                            worker(json),
                            json.path("kv_used_blocks").isNull()
                                    ? null
                                    : (Long) json.path("kv_used_blocks").longValue()));
        }
    }

    @Test
    void everyForwardPassDecodesToItsJson() throws MalformedMessageException {
        List<CapturedMessage> messages = CapturedMessage.read("forward-pass.jsonl");
        assertThat(messages).hasSizeGreaterThan(30);
        for (CapturedMessage captured : messages) {
            JsonNode json = captured.payload();

            assertThat(ForwardPass.decode(payload("forward-pass-metrics", captured)))
                    .isEqualTo(new ForwardPass(
                            worker(json),
                            json.path("counter_id").longValue(),
                            requests(json.path("scheduled_requests")),
                            requests(json.path("queued_requests"))));
        }
        assertThat(messages)
                .anyMatch(message -> message.payload()
                                .at("/scheduled_requests/num_decode_requests")
                                .intValue()
                        > 0);
    }

    @Test
    void garbageIsMalformedAndNothingElse() throws MalformedMessageException {
        byte[] good = payload(
                "forward-pass-metrics",
                CapturedMessage.read("forward-pass.jsonl").getFirst());
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> ForwardPass.decode(cut)).isInstanceOf(MalformedMessageException.class);
        }
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = good.clone();
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            try {
                var _ = ForwardPass.decode(damaged);
            } catch (MalformedMessageException e) {
                assertThat(e).hasMessageContaining("expected");
            }
        }
    }

    @Test
    void whatIsNotSaidOrOfAnotherVersionIsRefusedByName() {
        assertThatThrownBy(() -> ForwardPass.decode(MsgpackWriter.write(Map.of("version", 1L))))
                .hasMessageContaining("no worker_id");
        assertThatThrownBy(() -> ForwardPass.decode(MsgpackWriter.write(Map.of("version", 2L))))
                .hasMessageContaining("version 2 (expected: 1)");
        assertThatThrownBy(() -> ForwardPass.decode(MsgpackWriter.write(Map.of("worker_id", "x"))))
                .hasMessageContaining("worker_id \"x\" (expected: a number)");
    }

    private static byte[] payload(String topic, CapturedMessage captured) throws MalformedMessageException {
        return EventFrames.decode(topic, captured.frames()).payload().toBytes();
    }

    private static WorkerWithDpRank worker(JsonNode json) {
        return new WorkerWithDpRank(
                Long.parseUnsignedLong(json.path("worker_id").asText()),
                json.path("dp_rank").intValue());
    }

    private static Requests requests(JsonNode json) {
        return new Requests(
                json.path("num_prefill_requests").intValue(),
                json.path("sum_prefill_tokens").longValue(),
                json.path("num_decode_requests").intValue(),
                json.path("sum_decode_kv_tokens").longValue());
    }
}
