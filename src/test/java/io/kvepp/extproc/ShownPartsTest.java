package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.requestTrailers;
import static io.kvepp.extproc.ExtProcFixture.responseBody;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseTrailers;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Gateways that do not show everything: each processing mode has a switch of its own.
class ShownPartsTest {
    private final ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void nothingIsLeft() {
        stream.reset();
        stream.close();
        assertThat(stream.openStreams()).isZero();
        assertThat(stream.heldBodyBytes()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("shown")
    void whateverAGatewayShowsPasses(String what, List<ProcessingRequest> messages, String answers) {
        stream.send(messages.toArray(ProcessingRequest[]::new));

        assertThat(String.join(" ", stream.kinds())).isEqualTo(answers);
        assertThat(stream.error).isNull();
        assertThat(stream.picks).isEmpty();
        assertThat(stream.requests("unpicked")).isOne();
        stream.halfClose();
        assertThat(stream.completed).isTrue();
    }

    static Stream<Arguments> shown() {
        return Stream.of(
                shown(
                        "request headers skipped",
                        "REQUEST_BODY REQUEST_BODY RESPONSE_HEADERS RESPONSE_BODY",
                        requestBody("x", false),
                        requestBody("y", true),
                        responseHeaders(false),
                        responseBody("z", true)),
                shown(
                        "request headers skipped, trailers sent",
                        "REQUEST_BODY REQUEST_TRAILERS RESPONSE_HEADERS",
                        requestBody("x", false),
                        requestTrailers(),
                        responseHeaders(true)),
                shown(
                        "only trailers of the request",
                        "REQUEST_TRAILERS RESPONSE_HEADERS",
                        requestTrailers(),
                        responseHeaders(true)),
                shown("only the body of the response", "RESPONSE_BODY", responseBody("x", true)),
                shown(
                        "only the body and trailers of the response",
                        "RESPONSE_BODY RESPONSE_TRAILERS",
                        responseBody("x", false),
                        responseTrailers()),
                shown("only trailers of the response", "RESPONSE_TRAILERS", responseTrailers()),
                shown(
                        "a response that overtakes the request's body",
                        "RESPONSE_HEADERS REQUEST_BODY RESPONSE_BODY",
                        responseHeaders(false),
                        requestBody("x", true),
                        responseBody("y", true)),
                shown(
                        "the gateway's own answer, headers skipped, while the body comes",
                        "RESPONSE_BODY",
                        post(),
                        requestBody("x", false),
                        responseBody("y", true)),
                shown(
                        "the gateway's own answer, trailers only, while the body comes",
                        "RESPONSE_TRAILERS",
                        post(),
                        responseTrailers()));
    }

    private static Arguments shown(String what, String answers, ProcessingRequest... messages) {
        return Arguments.of(what, List.of(messages), answers);
    }

    @Test
    void aBodyWhoseHeadersWereSkippedComesBackAsItWas() {
        stream.send(requestBody("a", false), requestBody("b", true));

        assertThat(stream.requestBodySent()).isEqualTo("ab");
        assertThat(stream.responses
                        .getLast()
                        .getRequestBody()
                        .getResponse()
                        .getBodyMutation()
                        .getStreamedResponse()
                        .getEndOfStream())
                .isTrue();
    }

    @Test
    void nothingIsHeldForARequestThatNobodyWasPickedFor() {
        stream.send(requestBody("a", true));
        stream.halfClose();

        assertThat(stream.completed).isTrue();
        assertThat(stream.openStreams()).isZero();
    }

    @Test
    void theGatewaysOwnAnswerDuringThePickCancelsIt() {
        stream.send(post(), requestBody("x", true), responseBody("y", true));

        assertThat(stream.cancelledPicks).isOne();
        assertThat(stream.kinds()).containsExactly("RESPONSE_BODY");
        assertThat(stream.completed).isFalse();
    }

    /// Nothing but the end of the body tells then that the first token has come.
    @ParameterizedTest
    @EnumSource(names = {"FULL_DUPLEX_STREAMED", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL"})
    void aRoutedResponseIsFollowedThoughItsHeadersAreSkipped(BodySendMode mode) {
        stream.send(requestHeaders(true, ":method", "GET").toBuilder()
                .setProtocolConfig(ProtocolConfiguration.newBuilder().setResponseBodyMode(mode))
                .build());
        stream.route();
        stream.responses.clear();
        stream.send(responseBody("x", false), responseBody("yz", true));

        assertThat(stream.kinds()).containsExactly("RESPONSE_BODY", "RESPONSE_BODY");
        assertThat(stream.lifecycle).containsExactly("headers 0 ", "body 1", "body 2", "body 0 end", "completed");
    }

    private static ProcessingRequest post() {
        return requestHeaders(false, ":method", "POST", ":path", "/v1/chat/completions");
    }
}
