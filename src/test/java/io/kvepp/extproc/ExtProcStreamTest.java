package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.requestTrailers;
import static io.kvepp.extproc.ExtProcFixture.responseBody;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseTrailers;
import static io.kvepp.extproc.ExtProcFixture.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.grpc.Status;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExtProcStreamTest {
    private final ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void nothingIsLeft() {
        stream.close();
        assertThat(stream.openStreams()).isZero();
        assertThat(stream.heldBodyBytes()).isZero();
    }

    @Test
    void aRequestIsAnsweredHeadersFirstThenItsBodyAsItCame() {
        stream.send(post(), requestBody("{\"a\":", false), requestBody("1}", false), requestBody("", true));
        assertThat(stream.responses).isEmpty();
        stream.route();

        assertThat(stream.picks.getFirst().body())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("{\"a\":1}");
        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY");
        assertThat(stream.requestBodySent()).isEqualTo("{\"a\":1}");
        assertThat(endsOfStream()).containsExactly(true);
    }

    @ParameterizedTest
    @CsvSource({"given-id, given-id, ", "'', minted-id, minted-id"})
    void aRequestIdIsMintedOnlyWhenAbsent(String given, String seen, String set) {
        stream.send(requestHeaders(true, ":method", "GET", ":path", "/", "x-request-id", given));
        stream.route();

        assertThat(stream.picks.getFirst().requestId()).isEqualTo(seen);
        HeaderMutation mutation =
                stream.responses.getFirst().getRequestHeaders().getResponse().getHeaderMutation();
        assertThat(value(mutation, "x-request-id")).isEqualTo(set);
    }

    @Test
    void aHeaderOnlyRequestIsPickedAtOnceAndGetsNoBody() {
        stream.send(requestHeaders(true, ":method", "GET", ":path", "/v1/models"));
        stream.route();

        assertThat(stream.picks.getFirst().path()).isEqualTo("/v1/models");
        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS");
    }

    @Test
    void trailersEndTheBodyAndAreAnswered() {
        stream.send(post(), requestBody("abc", false), requestTrailers());
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY", "REQUEST_TRAILERS");
        assertThat(endsOfStream()).containsExactly(false);
    }

    @Test
    void anEmptyBodyIsOneEmptyPart() {
        stream.send(post(), requestBody("", true));
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY");
        assertThat(endsOfStream()).containsExactly(true);
    }

    @Test
    void aLongBodyGoesBackInPartsOfAtMost62000Bytes() {
        String text = "0123456789".repeat(13_000);
        stream.send(post(), requestBody(text.substring(0, 65_536), false), requestBody(text.substring(65_536), true));
        stream.route();

        assertThat(stream.requestBodySent()).isEqualTo(text);
        assertThat(endsOfStream()).containsExactly(false, false, true);
        assertThat(stream.responses)
                .filteredOn(ProcessingResponse::hasRequestBody)
                .allMatch(response -> response.getRequestBody()
                                .getResponse()
                                .getBodyMutation()
                                .getStreamedResponse()
                                .getBody()
                                .size()
                        <= 62_000);
    }

    @Test
    void anEditReplacesItsBytesAndLeavesTheRest() {
        stream.send(post(), requestBody("{\"nvext\":nu", false), requestBody("ll,\"b\":2}", true));
        stream.answer(stream.routed(new BodyEdit(9, 4, "{}".getBytes(StandardCharsets.UTF_8))));

        assertThat(stream.requestBodySent()).isEqualTo("{\"nvext\":{},\"b\":2}");
    }

    @Test
    void theResponsePassesAndTheLifecycleHearsOfIt() {
        routed();
        stream.send(responseHeaders(false), responseBody("data: x", false), responseBody("", true));
        stream.halfClose();

        assertThat(stream.kinds()).containsExactly("RESPONSE_HEADERS", "RESPONSE_BODY", "RESPONSE_BODY");
        assertThat(stream.lifecycle)
                .containsExactly("headers 200 text/event-stream", "body 7", "body 0 end", "completed");
        assertThat(stream.completed).isTrue();
    }

    @Test
    void responseTrailersEndTheResponse() {
        routed();
        stream.send(responseHeaders(false), responseBody("x", false), responseTrailers());

        assertThat(stream.kinds()).containsExactly("RESPONSE_HEADERS", "RESPONSE_BODY", "RESPONSE_TRAILERS");
        assertThat(stream.lifecycle).endsWith("completed");
        stream.halfClose();
        assertThat(stream.lifecycle).containsOnlyOnce("completed");
    }

    @ParameterizedTest
    @EnumSource
    void whateverEndsAStreamEarlyReleasesTheBooking(End end) {
        routed();
        stream.send(responseHeaders(false), responseBody("x", false));
        end.on(stream);

        assertThat(stream.lifecycle).containsOnlyOnce("completed");
    }

    @ParameterizedTest
    @EnumSource
    void aBookingIsReleasedWhenTheStreamEndsBeforeAnyResponse(End end) {
        routed();
        end.on(stream);
        stream.advance(Duration.ofSeconds(11));

        assertThat(stream.lifecycle).containsExactly("completed");
    }

    @Test
    void aResetDuringThePickCancelsItAndReleasesALateResult() {
        stream.send(post(), requestBody("x", true));
        stream.reset();
        stream.route();

        assertThat(stream.cancelledPicks).isOne();
        assertThat(stream.lifecycle).containsExactly("withdrawn");
    }

    @Test
    void aHalfCloseDuringThePickStillGetsTheAnswerAndThenTheEnd() {
        stream.send(post(), requestBody("x", true));
        stream.halfClose();
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY");
        assertThat(stream.completed).isTrue();
        stream.advance(Duration.ofSeconds(11));
    }

    @Test
    void aBookingWhoseResponseIsNotShownLastsForAWhile() {
        stream.send(post(), requestBody("x", true));
        stream.halfClose();
        stream.route();
        stream.advance(Duration.ofSeconds(9));
        assertThat(stream.lifecycle).isEmpty();
        assertThat(stream.heldBodyBytes()).isZero();

        stream.advance(Duration.ofSeconds(2));
        assertThat(stream.lifecycle).containsExactly("completed");
    }

    @Test
    void aBookingEndsAtOnceWhenAGatewayThatShowsResponsesLeaves() {
        stream.send(
                post().toBuilder()
                        .setProtocolConfig(ProtocolConfiguration.newBuilder()
                                .setRequestBodyMode(BodySendMode.FULL_DUPLEX_STREAMED)
                                .setResponseBodyMode(BodySendMode.FULL_DUPLEX_STREAMED))
                        .build(),
                requestBody("x", true));
        stream.halfClose();
        stream.route();

        assertThat(stream.lifecycle).containsExactly("completed");
    }

    @Test
    void aBodyAboveTheLimitIsRejectedAtItsFirstByteTooMany() {
        stream.send(post(), requestBody("x".repeat(ExtProcFixture.BODY_BYTES_MAX), false), requestBody("y", false));

        assertThat(rejection().getStatus().getCodeValue()).isEqualTo(413);
        assertThat(stream.completed).isTrue();
        assertThat(stream.picks).isEmpty();
    }

    @Test
    void anAnnouncedBodyAboveTheLimitIsRejectedBeforeItComes() {
        stream.send(requestHeaders(false, ":method", "POST", "content-length", "200001"));

        assertThat(rejection().getStatus().getCodeValue()).isEqualTo(413);
    }

    @Test
    void aBodyThatStopsComingIsRejectedAndOneThatMovesIsNot() {
        stream.send(post());
        stream.advance(Duration.ofSeconds(29));
        stream.send(requestBody("x", false));
        stream.advance(Duration.ofSeconds(29));
        assertThat(stream.responses).isEmpty();

        stream.advance(Duration.ofSeconds(2));
        assertThat(rejection().getStatus().getCodeValue()).isEqualTo(408);
    }

    @Test
    void aPickThatTakesTooLongIsCancelledAndRejected() {
        stream.send(post(), requestBody("x", true));
        stream.advance(Duration.ofSeconds(6));

        assertThat(rejection().getStatus().getCodeValue()).isEqualTo(504);
        assertThat(stream.cancelledPicks).isOne();
    }

    @Test
    void aRoutedRequestHasNoDeadlineButItsAge() {
        routed();
        stream.advance(Duration.ofMinutes(59));
        assertThat(stream.completed).isFalse();
        assertThat(stream.lifecycle).isEmpty();

        stream.advance(Duration.ofMinutes(1));
        assertThat(stream.completed).isTrue();
        assertThat(stream.lifecycle).containsExactly("completed");
        assertThat(stream.error).isNull();
    }

    @Test
    void aStopLetsTheGatewayGoOnWithARequestThatWasRouted() {
        routed();
        stream.stop();

        assertThat(stream.completed).isTrue();
        assertThat(stream.lifecycle).containsExactly("completed");
        assertThat(stream.endedStreams("stopped")).isOne();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStopFailsARequestWhoseBodyTheGatewayHasNotGotBack(boolean whole) {
        stream.send(post(), requestBody("x", whole));
        stream.stop();

        assertThat(Status.fromThrowable(stream.error).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(stream.cancelledPicks).isEqualTo(whole ? 1 : 0);
    }

    @Test
    void partsThatWereOnTheirWayWhenTheRequestWasRejectedAreIgnored() {
        stream.send(post(), requestBody("x", true));
        stream.answer(new PickResult.Rejected(RejectReason.NO_WORKERS, "none", null));

        assertThat(stream.responses).hasSize(1);
        assertThat(stream.error).isNull();
    }

    @Test
    void aResponseNobodyAskedAboutPasses() {
        stream.send(responseHeaders(false), responseBody("x", true));
        stream.halfClose();

        assertThat(stream.kinds()).containsExactly("RESPONSE_HEADERS", "RESPONSE_BODY");
        assertThat(stream.completed).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aMessageThatEnvoyMustNotSendEndsTheStreamAndReleasesEverything(Unexpected unexpected) {
        stream.send(unexpected.before);
        if (unexpected.routed) {
            stream.route();
        }
        stream.send(unexpected.message);

        assertThat(Status.fromThrowable(stream.error).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(stream.lifecycle.stream().filter("completed"::equals)).hasSize(unexpected.routed ? 1 : 0);
    }

    @Test
    void aStreamIsRefusedAtItsHeadersUntilTheProcessWasReady() {
        stream.accepting = false;
        stream.send(post());

        assertThat(Status.fromThrowable(stream.error).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void aStreamThatSaysNothingEnds() {
        stream.advance(Duration.ofSeconds(31));

        assertThat(Status.fromThrowable(stream.error).getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void whereNoBodyComesTheRequestIsPickedAtItsHeaders() {
        stream.send(post().toBuilder()
                .setProtocolConfig(ProtocolConfiguration.newBuilder().setRequestBodyMode(BodySendMode.NONE))
                .build());
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS");
    }

    @Test
    void bodiesAreHeldUntilTheirDestinationAnswersAndNoLongerThanThat() {
        stream.send(post(), requestBody("x".repeat(1000), true));
        stream.route();
        assertThat(stream.heldBodyBytes()).isEqualTo(1000);

        stream.send(responseHeaders(false));
        assertThat(stream.heldBodyBytes()).isZero();
        stream.halfClose();
    }

    enum End {
        HALF_CLOSE,
        RESET;

        void on(ExtProcFixture stream) {
            switch (this) {
                case HALF_CLOSE -> stream.halfClose();
                case RESET -> stream.reset();
            }
        }
    }

    enum Unexpected {
        /// A stream is one request's.
        HEADERS_TWICE(false, post(), post()),
        /// The end of the body is said with its last part.
        BODY_AFTER_ITS_END(true, requestBody("x", true), post(), requestBody("x", true)),
        /// Where trailers come, the last part of the body does not say that it ends.
        TRAILERS_AFTER_THE_BODY(true, requestTrailers(), post(), requestBody("x", true)),
        /// Those of an informational response are not shown.
        RESPONSE_HEADERS_TWICE(false, responseHeaders(false), responseHeaders(false));

        private final boolean routed;
        private final ProcessingRequest message;
        private final ProcessingRequest[] before;

        Unexpected(boolean routed, ProcessingRequest message, ProcessingRequest... before) {
            this.routed = routed;
            this.message = message;
            this.before = before;
        }
    }

    private static ProcessingRequest post() {
        return requestHeaders(false, ":method", "POST", ":path", "/v1/chat/completions");
    }

    private void routed() {
        stream.send(post(), requestBody("x", true));
        stream.route();
        stream.responses.clear();
    }

    private List<Boolean> endsOfStream() {
        return stream.responses.stream()
                .filter(ProcessingResponse::hasRequestBody)
                .map(response -> response.getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .getStreamedResponse()
                        .getEndOfStream())
                .toList();
    }

    private ImmediateResponse rejection() {
        return stream.responses.getLast().getImmediateResponse();
    }
}
