package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.requestplane.OutgoingRequest;
import io.kvepp.requestplane.RequestPlaneClient;
import io.kvepp.requestplane.RequestTarget;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestPlaneRecoveryClientTest {
    private static final RecoveryTarget TARGET = new RecoveryTarget("10.0.0.5:4/7b/q", RecoveryTarget.Codec.MSGPACK);

    private final CompletableFuture<List<byte[]>> call = new CompletableFuture<>();

    private final RequestPlaneRecoveryClient client = new RequestPlaneRecoveryClient(new RequestPlaneClient() {
        @Override
        public CompletableFuture<List<byte[]>> call(RequestTarget target, byte[] payload, Duration timeout) {
            assertThat(target).isEqualTo(new RequestTarget("10.0.0.5:4/7b/q", RequestTarget.PayloadCodec.MSGPACK));
            return call;
        }

        @Override
        public ItemStream open(RequestTarget target, OutgoingRequest request) {
            throw new AssertionError("an answer that is read as it arrives (expected: a collected one)");
        }

        @Override
        public void close() {}
    });

    private record Recorded(byte[] question, byte[] answer) {}

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "tree, 3092034385819995591, 0, , TreeDump, 2, 2",
        "tree-of-rank-1, 5439075067625911540, 1, , TreeDump, 2, 2",
        "empty-tree, 5439075067625911540, 0, , TreeDump, 0, 0",
        "events, 3092034385819995591, 1, 2, Events, 2, 3",
        "too-new, 3092034385819995591, 1, 200, TooNew, 0, 3",
    })
    void asksAsRecordedAndReadsTheRecordedAnswer(
            String name, long workerId, int dpRank, Long start, String kind, int events, long lastEventId)
            throws Exception {
        Recorded recorded = recorded(name);
        KvEventPublisher publisher =
                new KvEventPublisher(7, new WorkerWithDpRank(workerId, dpRank), "tcp://10.0.0.5:1", TARGET);
        OptionalLong startEventId = start == null ? OptionalLong.empty() : OptionalLong.of(start);
        assertThat(RequestPlaneRecoveryClient.question(publisher, startEventId)).isEqualTo(recorded.question);
        CompletableFuture<RecoveryReply> reply = client.recover(publisher, startEventId, Duration.ofSeconds(1));
        call.complete(List.of(recorded.answer));

        RecoveryReply read = reply.get();
        assertThat(read.getClass().getSimpleName()).isEqualTo(kind);
        switch (read) {
            case RecoveryReply.TreeDump(var told, var last) -> {
                assertThat(told)
                        .hasSize(events)
                        .allMatch(event -> event.worker().equals(publisher.worker()));
                assertThat(last).isEqualTo(lastEventId);
            }
            case RecoveryReply.Events(var told, var last) -> {
                assertThat(told).hasSize(events);
                assertThat(told.getFirst().eventId()).isEqualTo(start);
                assertThat(last).isEqualTo(lastEventId);
            }
            case RecoveryReply.TooNew(var newest) -> assertThat(newest).isEqualTo(lastEventId);
            case RecoveryReply.Refused refused -> throw new AssertionError(refused);
        }
    }

    @Test
    void anAnswerCutAnywhereIsMalformed() throws Exception {
        byte[] answer = recorded("events").answer;
        for (int length = 0; length < answer.length; length++) {
            byte[] cut = Arrays.copyOf(answer, length);
            assertThatThrownBy(() -> RecoveryReplyDecoder.decode(cut)).isInstanceOf(MalformedMessageException.class);
        }
    }

    @Test
    void anAnswerOfTwoItemsFails() {
        CompletableFuture<RecoveryReply> reply = recover();
        call.complete(List.of(new byte[1], new byte[1]));

        assertThatThrownBy(() -> reply.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(MalformedMessageException.class);
    }

    @Test
    void cancellingTheAnswerCancelsTheCall() {
        recover().cancel(true);

        assertThat(call).isCancelled();
    }

    @Test
    void onlyTargetsThatReadMsgpackAreAsked() {
        WorkerWithDpRank rank = new WorkerWithDpRank(1, 0);
        RecoveryTarget json = new RecoveryTarget("10.0.0.5:4/7b/q", RecoveryTarget.Codec.JSON);

        assertThat(client.canRecover(new KvEventPublisher(7, rank, "tcp://10.0.0.5:1", TARGET)))
                .isTrue();
        assertThat(client.canRecover(new KvEventPublisher(7, rank, "tcp://10.0.0.5:1", json)))
                .isFalse();
        assertThat(client.canRecover(new KvEventPublisher(7, rank, "tcp://10.0.0.5:1")))
                .isFalse();
    }

    private CompletableFuture<RecoveryReply> recover() {
        return client.recover(
                new KvEventPublisher(7, new WorkerWithDpRank(1, 0), "tcp://10.0.0.5:1", TARGET),
                OptionalLong.empty(),
                Duration.ofSeconds(1));
    }

    private static Recorded recorded(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                RequestPlaneRecoveryClientTest.class.getResourceAsStream("/io/kvepp/kvevents/recovery.txt"))) {
            String line = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(each -> each.startsWith(name + " "))
                    .findFirst()
                    .orElseThrow();
            List<String> fields = List.of(line.split(" ", -1));
            return new Recorded(
                    HexFormat.of().parseHex(fields.get(1)), HexFormat.of().parseHex(fields.get(2)));
        }
    }
}
