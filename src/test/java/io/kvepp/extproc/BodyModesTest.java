package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.requestTrailers;
import static io.kvepp.extproc.ExtProcFixture.responseBody;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseTrailers;
import static io.kvepp.extproc.ExtProcFixture.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyModesTest {
    private static final BodyEdit EDIT = new BodyEdit(1, 1, "YY".getBytes(StandardCharsets.UTF_8));

    private ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void nothingIsLeft() {
        stream.reset();
        stream.close();
        assertThat(stream.openStreams()).isZero();
        assertThat(stream.heldBodyBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fullDuplexDoesNotDependOnTheFlag(boolean flag) {
        stream.send(post(BodySendMode.FULL_DUPLEX_STREAMED, flag), requestBody("abc", true));
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY");
        assertThat(stream.requestBodySent()).isEqualTo("abc");
    }

    @Test
    void aModeThatIsNewerThanThisCodeIsFullDuplex() {
        stream.send(
                post(BodySendMode.NONE, false).toBuilder()
                        .setProtocolConfig(ProtocolConfiguration.newBuilder().setRequestBodyModeValue(17))
                        .build(),
                requestBody("abc", true));
        stream.route();

        assertThat(stream.requestBodySent()).isEqualTo("abc");
    }

    @ParameterizedTest
    @EnumSource(names = {"BUFFERED", "BUFFERED_PARTIAL"})
    void bufferedHeadersAreLetWaitAndTheDecisionComesWithTheBody(BodySendMode mode) {
        stream.send(post(mode, false));
        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS");
        assertThat(stream.responses.getFirst().getRequestHeaders().hasResponse())
                .isFalse();

        stream.send(requestBody("abc", true));
        stream.route();

        assertThat(stream.picks.getFirst().body()).asString().isEqualTo("abc");
        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY");
        assertDecides(stream.responses.getLast().getRequestBody().getResponse());
        assertThat(stream.responses.getLast().getDynamicMetadata().containsFields("envoy.lb"))
                .isTrue();
        assertThat(stream.responses.getLast().getRequestBody().getResponse().hasBodyMutation())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBufferedBodyThatChangesIsSentWholeAndItsLengthSaidIfItWasBefore(boolean announced) {
        ProcessingRequest.Builder head = post(BodySendMode.BUFFERED, false).toBuilder();
        if (announced) {
            head.getRequestHeadersBuilder()
                    .getHeadersBuilder()
                    .addHeaders(
                            HeaderValue.newBuilder().setKey("content-length").setValue("3"));
        }
        stream.send(head.build(), requestBody("abc", true));
        stream.answer(stream.routed(EDIT));

        CommonResponse decision = stream.responses.getLast().getRequestBody().getResponse();
        assertThat(decision.getBodyMutation().getBody().toStringUtf8()).isEqualTo("aYYc");
        assertThat(value(decision.getHeaderMutation(), "content-length")).isEqualTo(announced ? "4" : null);
    }

    @Test
    void theLengthOfAPartlyBufferedBodyIsTheGatewaysOwnMatter() {
        stream.send(post(BodySendMode.BUFFERED_PARTIAL, false), requestBody("abc", true));
        stream.answer(stream.routed(EDIT));

        CommonResponse decision = stream.responses.getLast().getRequestBody().getResponse();
        assertThat(decision.getBodyMutation().getBody().toStringUtf8()).isEqualTo("aYYc");
        assertThat(value(decision.getHeaderMutation(), "content-length")).isNull();
    }

    @Test
    void aBodyThatWasCutOffIsNotRead() {
        stream.send(post(BodySendMode.BUFFERED_PARTIAL, false), requestBody("{\"model\":", false));
        stream.route();

        assertThat(stream.picks.getFirst().bodyUnseen()).isTrue();
        assertThat(stream.picks.getFirst().body()).isEmpty();
        assertDecides(stream.responses.getLast().getRequestBody().getResponse());
    }

    @ParameterizedTest
    @EnumSource(names = {"BUFFERED_PARTIAL", "STREAMED"})
    void aBodyOfTheAnnouncedLengthIsWholeWhetherItsTrailersAreShownOrNot(BodySendMode mode) {
        ProcessingRequest.Builder head = post(mode, true).toBuilder();
        head.getRequestHeadersBuilder()
                .getHeadersBuilder()
                .addHeaders(HeaderValue.newBuilder().setKey("content-length").setValue("3"));
        stream.send(head.build(), requestBody("abc", false));

        assertThat(stream.picks.getFirst().bodyUnseen()).isFalse();
        assertThat(stream.picks.getFirst().body()).asString().isEqualTo("abc");
        stream.answer(stream.routed(EDIT));
        stream.send(requestTrailers());

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY", "REQUEST_TRAILERS");
        assertThat(mutation(1).getBody().toStringUtf8()).isEqualTo("aYYc");
    }

    @Test
    void trailersFollowABufferedBody() {
        stream.send(post(BodySendMode.BUFFERED, false), requestBody("abc", false));
        stream.route();
        stream.send(requestTrailers());

        assertThat(stream.picks.getFirst().body()).asString().isEqualTo("abc");
        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY", "REQUEST_TRAILERS");
    }

    @Test
    void trailersWithoutABufferedBodyCarryTheDestinationAsMetadata() {
        stream.send(post(BodySendMode.BUFFERED, false), requestTrailers());
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_TRAILERS");
        assertThat(stream.responses.getLast().getDynamicMetadata().containsFields("envoy.lb"))
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"BUFFERED", "BUFFERED_PARTIAL", "STREAMED", "FULL_DUPLEX_STREAMED", "NONE"})
    void aRequestWithoutABodyIsDecidedByItsHeadersInEveryMode(BodySendMode mode) {
        stream.send(requestHeaders(true, ":method", "GET", ":path", "/v1/models").toBuilder()
                .setProtocolConfig(protocol(mode, false))
                .build());
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS");
        assertDecides(stream.responses.getFirst().getRequestHeaders().getResponse());
    }

    @ParameterizedTest
    @EnumSource(names = {"BUFFERED", "BUFFERED_PARTIAL", "STREAMED", "FULL_DUPLEX_STREAMED"})
    void aRejectionIsOneImmediateResponseInEveryMode(BodySendMode mode) {
        stream.send(post(mode, true), requestBody("abc", true));
        stream.answer(new PickResult.Rejected(RejectReason.NO_WORKERS, "none", null));

        assertThat(stream.kinds()).endsWith("IMMEDIATE_RESPONSE").containsOnlyOnce("IMMEDIATE_RESPONSE");
        assertThat(stream.completed).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"BUFFERED", "BUFFERED_PARTIAL", "STREAMED", "FULL_DUPLEX_STREAMED", "NONE"})
    void headerAndMetadataNameTheSameEndpointsInEveryMode(BodySendMode mode) {
        stream.send(post(mode, true));
        if (mode != BodySendMode.NONE) {
            stream.send(requestBody("abc", true));
        }
        answerWithFallback();

        ProcessingResponse decision = stream.responses.stream()
                .filter(ProcessingResponse::hasDynamicMetadata)
                .findFirst()
                .orElseThrow();
        CommonResponse response = decision.hasRequestBody()
                ? decision.getRequestBody().getResponse()
                : decision.getRequestHeaders().getResponse();
        assertThat(value(response.getHeaderMutation(), "x-gateway-destination-endpoint"))
                .isEqualTo(destination(decision))
                .isEqualTo("10.0.0.1:8000,10.0.0.2:8000");
    }

    @Test
    void theMetadataWithTrailersNameTheSameEndpointsAsHeadersWould() {
        stream.send(post(BodySendMode.BUFFERED, false), requestTrailers());
        answerWithFallback();

        assertThat(destination(stream.responses.getLast())).isEqualTo("10.0.0.1:8000,10.0.0.2:8000");
        assertThat(stream.responses.getLast().getRequestTrailers().hasHeaderMutation())
                .isFalse();
    }

    private void answerWithFallback() {
        PickResult.Routed routed = stream.routed(BodyEdit.NONE);
        stream.answer(new PickResult.Routed(
                routed.endpoint(),
                List.of("10.0.0.2:8000"),
                routed.headers(),
                routed.body(),
                null,
                null,
                routed.lifecycle()));
    }

    private static String destination(ProcessingResponse response) {
        return response.getDynamicMetadata()
                .getFieldsOrThrow("envoy.lb")
                .getStructValue()
                .getFieldsOrThrow("x-gateway-destination-endpoint")
                .getStringValue();
    }

    @Test
    void aStreamedBodyThatWaitsForTheHeadersIsDecidedWithoutIt() {
        stream.send(post(BodySendMode.STREAMED, false));
        assertThat(stream.picks.getFirst().bodyUnseen()).isTrue();
        stream.route();
        stream.send(requestBody("a", false), requestBody("b", true));

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY", "REQUEST_BODY");
        assertThat(stream.responses.getLast().getRequestBody().getResponse().hasBodyMutation())
                .isFalse();
    }

    @Test
    void aStreamedBodyThatComesAtOnceIsReadAndAnsweredPartByPart() {
        stream.send(post(BodySendMode.STREAMED, true), requestBody("ab", false), requestBody("c", true));
        stream.answer(stream.routed(EDIT));

        assertThat(stream.picks.getFirst().body()).asString().isEqualTo("abc");
        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY", "REQUEST_BODY");
        assertThat(mutation(1).getBody().toStringUtf8()).isEqualTo("aYYc");
        assertThat(mutation(2).getClearBody()).isTrue();
    }

    @Test
    void aStreamedBodyThatTakesLongIsDecidedWithoutItsEnd() {
        stream.send(post(BodySendMode.STREAMED, true), requestBody("ab", false));
        stream.advance(Duration.ofMillis(60));
        assertThat(stream.picks.getFirst().bodyUnseen()).isTrue();
        stream.send(requestBody("c", false));
        stream.route();
        stream.send(requestBody("d", true));

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY", "REQUEST_BODY", "REQUEST_BODY");
    }

    @Test
    void whereNoBodyIsShownItsTrailersPass() {
        stream.send(post(BodySendMode.NONE, false));
        stream.route();
        stream.send(requestTrailers());

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_TRAILERS");
    }

    @ParameterizedTest
    @EnumSource(names = {"FULL_DUPLEX_STREAMED", "STREAMED"})
    void aGrpcRequestIsDecidedByItsHeadersAndItsMessagesPassAsTheyCome(BodySendMode mode) {
        stream.send(grpc(mode), requestBody("\0\0\0\0\1a", false));
        stream.route();
        stream.send(responseHeaders(false), requestBody("\0\0\0\0\1b", false), requestTrailers());

        assertThat(stream.kinds())
                .containsExactly(
                        "REQUEST_HEADERS", "REQUEST_BODY", "RESPONSE_HEADERS", "REQUEST_BODY", "REQUEST_TRAILERS");
        if (mode == BodySendMode.FULL_DUPLEX_STREAMED) {
            assertThat(stream.requestBodySent()).isEqualTo("\0\0\0\0\1a\0\0\0\0\1b");
        }
    }

    @Test
    void aGrpcRequestThatEndsDuringThePickIsPassedWhole() {
        stream.send(grpc(BodySendMode.FULL_DUPLEX_STREAMED), requestBody("a", false), requestBody("b", true));
        stream.route();

        assertThat(stream.requestBodySent()).isEqualTo("ab");
        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY");
    }

    @ParameterizedTest
    @EnumSource(names = {"BUFFERED", "BUFFERED_PARTIAL", "STREAMED", "NONE"})
    void aResponseThatIsNotStreamedBothWaysPassesUntouched(BodySendMode mode) {
        stream.send(requestHeaders(true, ":method", "GET").toBuilder()
                .setProtocolConfig(ProtocolConfiguration.newBuilder().setResponseBodyMode(mode))
                .build());
        stream.route();
        stream.responses.clear();
        stream.send(responseHeaders(false), responseBody("x", false), responseTrailers());

        assertThat(stream.kinds()).containsExactly("RESPONSE_HEADERS", "RESPONSE_BODY", "RESPONSE_TRAILERS");
        assertThat(stream.responses.get(1).getResponseBody().hasResponse()).isFalse();
        assertThat(stream.lifecycle).endsWith("body 1", "body 0 end", "completed");
    }

    @Test
    void aGatewayThatSaysNothingIsBelievedToDoWhatTheOptionSays() {
        stream.close();
        stream = new ExtProcFixture("silent-gateway-body-mode", "buffered");
        stream.send(requestHeaders(false, ":method", "POST"), requestBody("abc", true));
        stream.route();

        assertThat(stream.kinds()).containsExactly("REQUEST_HEADERS", "REQUEST_BODY");
        assertDecides(stream.responses.getLast().getRequestBody().getResponse());
    }

    @Test
    void aGatewayThatOnlyLooksOnIsNotAnsweredAndNothingIsBooked() {
        ProcessingRequest.Builder looking = requestHeaders(false, ":method", "POST").toBuilder();
        stream.send(looking.setObservabilityMode(true).build(), requestBody("x", true));

        assertThat(stream.picks).isEmpty();
        assertThat(stream.responses).isEmpty();
        stream.halfClose();
        assertThat(stream.completed).isTrue();
    }

    private static void assertDecides(CommonResponse response) {
        assertThat(value(response.getHeaderMutation(), "x-gateway-destination-endpoint"))
                .isEqualTo("10.0.0.1:8000");
        assertThat(response.getClearRouteCache()).isTrue();
    }

    private BodyMutation mutation(int response) {
        return stream.responses.get(response).getRequestBody().getResponse().getBodyMutation();
    }

    private static ProtocolConfiguration protocol(BodySendMode mode, boolean flag) {
        return ProtocolConfiguration.newBuilder()
                .setRequestBodyMode(mode)
                .setResponseBodyMode(mode)
                .setSendBodyWithoutWaitingForHeaderResponse(flag)
                .build();
    }

    private static ProcessingRequest post(BodySendMode mode, boolean flag) {
        return requestHeaders(false, ":method", "POST", ":path", "/v1/chat/completions").toBuilder()
                .setProtocolConfig(protocol(mode, flag))
                .build();
    }

    private static ProcessingRequest grpc(BodySendMode mode) {
        return requestHeaders(false, ":method", "POST", ":path", "/a.B/C", "content-type", "application/grpc")
                .toBuilder()
                .setProtocolConfig(protocol(mode, true))
                .build();
    }
}
