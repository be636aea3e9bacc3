package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class StreamLimitsTest {
    private ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void nothingIsLeft() {
        stream.reset();
        stream.close();
        assertThat(stream.openStreams()).isZero();
        assertThat(stream.heldBodyBytes()).isZero();
    }

    /// The decision sets three headers: destination, worker and request id.
    @ParameterizedTest
    @CsvSource({"97, 0", "98, 431", "100, 431", "101, 431"})
    void headersThatDoNotFitWithThoseOfTheDecisionGet431(int headers, int status) {
        stream.send(withHeaders(headers));
        stream.route();

        if (status == 0) {
            assertThat(stream.responses.getFirst().hasRequestHeaders()).isTrue();
        } else {
            assertThat(status()).isEqualTo(status);
            assertThat(stream.lifecycle).isIn(List.of(), List.of("withdrawn"));
        }
    }

    @Test
    void headersThatAreReplacedOrRemovedDoNotCountTwice() {
        ProcessingRequest request = withHeaders(
                100, "x-dynamo-worker-instance-id", "8", "x-worker-instance-id", "9", "x-worker-instance-id", "10");
        stream.send(request);
        stream.route();

        HeaderMutation mutation =
                stream.responses.getFirst().getRequestHeaders().getResponse().getHeaderMutation();
        assertThat(value(mutation, "x-dynamo-worker-instance-id")).isEqualTo("7");
    }

    @Test
    void headersThatAreTooLargeGet431() {
        stream.send(requestHeaders(true, ":method", "GET", "x-large", "x".repeat(60 << 10)));

        assertThat(status()).isEqualTo(431);
        assertThat(stream.picks).isEmpty();
    }

    @Test
    void headersThatAreTooLargeWithThoseOfTheDecisionGet431() {
        stream.send(requestHeaders(true, ":method", "GET", "x-large", "x".repeat((60 << 10) - 20)));
        stream.route();

        assertThat(status()).isEqualTo(431);
        assertThat(stream.lifecycle).containsExactly("withdrawn");
    }

    /// Room is made for what came and as much again, at least 64 KiB, never for more than is announced.
    @ParameterizedTest
    @CsvSource({
        "200000, 0, 65536",
        "200000, 1, 65536",
        "200000, 40000, 80000",
        "200000, 150000, 200000",
        "100, 0, 100",
        "100, 1, 100",
        "100, 101, 101"
    })
    void roomForABodyIsTakenAsItComesAndALittleAhead(String announced, int came, long held) {
        stream.send(requestHeaders(false, ":method", "POST", "content-length", announced));
        if (came > 0) {
            stream.send(requestBody("x".repeat(came), false));
        }

        assertThat(stream.heldBodyBytes()).isEqualTo(held);
    }

    @Test
    void aBodyThatNeverComesTakesNoRoomFromOthers() {
        stream.send(requestHeaders(false, ":method", "POST", "content-length", "200000"));
        List<ExtProcFixture.Other> others = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ExtProcFixture.Other other = stream.other();
            other.send(requestHeaders(false, ":method", "POST", "content-length", "200000"));
            others.add(other);
        }

        assertThat(others).allMatch(other -> other.responses.isEmpty());
        others.forEach(ExtProcFixture.Other::reset);
    }

    @ParameterizedTest
    @CsvSource({"29, 300", "0, 300", "60, 60"})
    void aBodyThatTricklesIsNotWaitedForLongerThanItsDeadline(int pauseSeconds, int answeredSeconds) {
        stream.close();
        stream = new ExtProcFixture("body-idle", "60s", "body-deadline", "300s");
        stream.send(requestHeaders(false, ":method", "POST", "content-length", "200000"));
        int seconds = 0;
        while (stream.responses.isEmpty() && seconds < 3600) {
            seconds++;
            stream.advance(Duration.ofSeconds(1));
            if (stream.responses.isEmpty() && (pauseSeconds == 0 || seconds % pauseSeconds == 0)) {
                stream.send(requestBody("x", false));
            }
        }

        assertThat(status()).isEqualTo(408);
        assertThat(seconds).isEqualTo(answeredSeconds);
        assertThat(stream.requests("body_idle")).isOne();
    }

    @Test
    void aBodyForWhichThereIsNoRoomIsRefusedAtItsHeaders() {
        stream.close();
        stream = new ExtProcFixture("body-bytes-max", "10", "body-bytes-total-max", "10");
        stream.send(requestHeaders(false, ":method", "POST", "content-length", "10"));
        ExtProcFixture.Other other = stream.other();
        other.send(requestHeaders(false, ":method", "POST", "content-length", "1"));

        assertThat(other.responses.getFirst().getImmediateResponse().getStatus().getCodeValue())
                .isEqualTo(503);
        assertThat(other.responses.getFirst().getImmediateResponse().getDetails())
                .isEqualTo("kv_epp_bodies_full");
        assertThat(stream.requests("bodies_full")).isOne();
    }

    @Test
    void aBodyThatOutgrowsItsAnnouncementTakesItsRoomAsItComes() {
        stream.send(
                requestHeaders(false, ":method", "POST", "content-length", "1"), requestBody("x".repeat(10), false));

        assertThat(stream.heldBodyBytes()).isEqualTo(10);
    }

    @Test
    void moreRequestsThanMayBeUnderWayGet503() {
        stream.close();
        stream = new ExtProcFixture("streams-max", "1");
        stream.send(requestHeaders(false, ":method", "POST"));
        ExtProcFixture.Other other = stream.other();
        other.send(requestHeaders(false, ":method", "POST"));

        assertThat(other.responses.getFirst().getImmediateResponse().getStatus().getCodeValue())
                .isEqualTo(503);
        assertThat(stream.responses).isEmpty();
        assertThat(stream.requests("streams_full")).isOne();
    }

    static Stream<Arguments> limits() {
        ProcessingRequest post = requestHeaders(false, ":method", "POST");
        ProcessingRequest large = requestHeaders(false, ":method", "POST", "content-length", "11");
        return Stream.of(
                Arguments.of("body-bytes-max", "10", large, Duration.ZERO, 413, "body_too_large"),
                Arguments.of("headers-max", "1", withHeaders(2), Duration.ZERO, 431, "headers_too_large"),
                Arguments.of("header-bytes-max", "5", withHeaders(2), Duration.ZERO, 431, "headers_too_large"),
                Arguments.of("body-idle", "1s", post, Duration.ofSeconds(2), 408, "body_idle"),
                Arguments.of("body-deadline", "1s", post, Duration.ofSeconds(2), 408, "body_idle"),
                Arguments.of("pick-deadline", "1s", withHeaders(1), Duration.ofSeconds(2), 504, "pick_deadline"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("limits")
    void aLimitIsAnsweredAndCounted(
            String option, String value, ProcessingRequest request, Duration later, int status, String outcome) {
        stream.close();
        stream = new ExtProcFixture(option, value);
        stream.send(request);
        stream.advance(later);

        assertThat(status()).isEqualTo(status);
        assertThat(stream.requests(outcome)).isOne();
        assertThat(stream.endedStreams("rejected")).isOne();
    }

    @Test
    void anAgeIsCounted() {
        stream.close();
        stream = new ExtProcFixture("stream-age", "1s");
        stream.send(withHeaders(1));
        stream.route();
        stream.advance(Duration.ofSeconds(2));

        assertThat(stream.completed).isTrue();
        assertThat(stream.endedStreams("aged")).isOne();
    }

    private int status() {
        return stream.responses.getLast().getImmediateResponse().getStatus().getCodeValue();
    }

    /// A request without a body and with so many headers, some of which are given.
    private static ProcessingRequest withHeaders(int count, String... given) {
        List<String> all = new ArrayList<>(List.of(given));
        all.addAll(List.of(":method", "GET"));
        for (int i = all.size() / 2; i < count; i++) {
            all.addAll(List.of("x-header-" + i, "v"));
        }
        return requestHeaders(true, all.toArray(String[]::new));
    }
}
