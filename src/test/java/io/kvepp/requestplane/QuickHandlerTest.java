package io.kvepp.requestplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.testing.Await;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.requestplane.TcpRequestPlaneServer.QuickHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requests that are served on a loop, and those that a loop must not serve.
class QuickHandlerTest extends ServerFixture {
    private static final byte[] VALUE = {5};

    @ParameterizedTest
    @CsvSource({"1, false", "32768, false", "32769, true", "60000, true"})
    void onlyALargeRequestHasAThreadOfItsOwn(int payloadBytes, boolean virtual) throws Exception {
        BlockingQueue<Boolean> threads = new LinkedBlockingQueue<>();
        quick((request, answer) -> {
            threads.add(Thread.currentThread().isVirtual());
            answer.send(VALUE);
            return null;
        });
        try (ItemStream stream = open(new byte[payloadBytes])) {
            assertThat(stream.next()).endsWith(VALUE);
            assertThat(stream.next()).isNull();
        }
        assertThat(threads).containsExactly(virtual);
        awaitOutcome("ok");
    }

    @Test
    void whatHasToBeWaitedForIsWaitedForElsewhereAndOthersAreServedMeanwhile() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        quick((request, answer) -> {
            if (request.payload()[0] == 1) {
                return (_, waiting) -> {
                    waiting.open();
                    go.await();
                    waiting.send(VALUE);
                };
            }
            answer.send(VALUE);
            return null;
        });
        try (ItemStream waiting = open(new byte[] {1})) {
            for (int i = 0; i < 20; i++) {
                try (ItemStream other = open(new byte[] {2})) {
                    assertThat(other.next()).endsWith(VALUE);
                }
            }
            go.countDown();
            assertThat(waiting.next()).endsWith(VALUE);
            assertThat(waiting.next()).isNull();
        }
    }

    @Test
    void aLongAnswerComesWholeThoughTheLoopDoesNotWait() throws Exception {
        byte[] value = new MsgpackWriter().binary(new byte[50_000]).toBytes();
        quick((_, answer) -> {
            for (int i = 0; i < 100; i++) {
                answer.send(value);
            }
            return null;
        });
        try (ItemStream stream = open(VALUE)) {
            for (int i = 0; i < 100; i++) {
                assertThat(stream.next()).hasSizeGreaterThan(50_000);
            }
            assertThat(stream.next()).isNull();
        }
    }

    @Test
    void whoOpensOnALoopIsToldThatItWouldWait() throws Exception {
        quick((_, answer) -> {
            answer.open();
            return null;
        });
        assertThat(failure()).contains("internal error");
        awaitOutcome("failed");
    }

    @Test
    void aFailureIsAnItemAsAnywhere() throws Exception {
        quick((_, _) -> {
            throw new EndpointException(ErrorType.INVALID_ARGUMENT, "wrong");
        });
        assertThat(failure()).contains("InvalidArgument", "wrong");
        awaitOutcome("failed");
    }

    @Test
    void anIdIsFreeAgainOnceItsRequestWasServed() throws Exception {
        quick((_, answer) -> {
            answer.send(VALUE);
            return null;
        });
        for (int i = 0; i < 3; i++) {
            nextId.set(41);
            try (ItemStream stream = open(VALUE)) {
                assertThat(stream.next()).endsWith(VALUE);
            }
        }
        Await.until("nothing under way", () -> counted("kv_epp_serve_requests", "") == 0);
    }

    private void quick(QuickHandler handler) {
        server.serveQuickly(PATH, "router", "echo", handler);
    }

    private String failure() throws Exception {
        try (ItemStream stream = open(VALUE)) {
            return new String(stream.next(), StandardCharsets.UTF_8);
        }
    }
}
