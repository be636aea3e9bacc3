package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.grpc.Status;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What a client is told when its request is not routed.
class RejectionTest {
    private ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void nothingIsLeft() {
        stream.close();
    }

    /// For each reason: the status, the error's type as OpenAI and as Anthropic have it, the code of
    /// gRPC, and when to try again though the picker does not know.
    static Stream<Arguments> reasons() {
        return """
            MALFORMED              400 invalid_request_error invalid_request_error INVALID_ARGUMENT   -
            UNSUPPORTED_MEDIA_TYPE 415 invalid_request_error invalid_request_error INVALID_ARGUMENT   -
            CONTEXT_LENGTH         400 invalid_request_error invalid_request_error INVALID_ARGUMENT   -
            HEADERS_TOO_LARGE      431 invalid_request_error request_too_large     RESOURCE_EXHAUSTED -
            BODY_TOO_LARGE         413 invalid_request_error request_too_large     RESOURCE_EXHAUSTED -
            BODY_IDLE              408 invalid_request_error invalid_request_error DEADLINE_EXCEEDED  -
            MODEL_NOT_FOUND        404 not_found_error       not_found_error       NOT_FOUND          -
            NO_WORKERS             503 service_unavailable   overloaded_error      UNAVAILABLE        -
            BODIES_FULL            503 service_unavailable   overloaded_error      UNAVAILABLE        -
            STREAMS_FULL           503 service_unavailable   overloaded_error      UNAVAILABLE        -
            OVERLOADED             503 service_unavailable   overloaded_error      UNAVAILABLE        -
            WORKERS_OVERLOADED     529 service_unavailable   overloaded_error      UNAVAILABLE        -
            ENGINES_OVERLOADED     429 rate_limit_error      rate_limit_error      RESOURCE_EXHAUSTED 1
            QUEUE_FULL             429 rate_limit_error      rate_limit_error      RESOURCE_EXHAUSTED 1
            PREFILL_FULL           429 rate_limit_error      rate_limit_error      RESOURCE_EXHAUSTED 1
            QUEUE_TIMEOUT          429 rate_limit_error      rate_limit_error      RESOURCE_EXHAUSTED 1
            SHED                   429 rate_limit_error      rate_limit_error      RESOURCE_EXHAUSTED 1
            PICK_DEADLINE          504 service_unavailable   timeout_error         DEADLINE_EXCEEDED  -
            INTERNAL               500 server_error          api_error             INTERNAL           -
            """.lines().map(line -> Arguments.of((Object[]) line.split(" +")));
    }

    @Test
    void theTableHasEveryReason() {
        assertThat(reasons().map(row -> row.get()[0].toString()))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(RejectReason.values()).map(Enum::name).toList());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("reasons")
    void everyRejectionHasItsStatusAndAnOpenAiShapedBody(
            RejectReason reason, int status, String type, String anthropicType, Status.Code code, String retryAfter) {
        stream.send(post(), requestBody("x", true));
        stream.answer(new PickResult.Rejected(reason, "model: \"x\" is unknown", "model"));

        ImmediateResponse rejection = rejection();
        assertThat(rejection.getStatus().getCodeValue()).isEqualTo(status);
        assertThat(rejection.getDetails()).isEqualTo("kv_epp_" + reason.name().toLowerCase(Locale.ROOT));
        assertThat(rejection.getBody().toStringUtf8())
                .startsWith("{\"error\":{\"message\":\"model: \\\"x\\\" is unknown\",\"type\":\"" + type
                        + "\",\"param\":\"model\",\"code\":\"");
        assertThat(value(rejection.getHeaders(), "content-type")).isEqualTo("application/json");
        assertThat(value(rejection.getHeaders(), "retry-after")).isEqualTo(retryAfter.equals("-") ? null : retryAfter);
        assertThat(rejection.hasGrpcStatus()).isFalse();
        assertThat(stream.completed).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("reasons")
    void everyRejectionHasItsAnthropicShapedBody(RejectReason reason, int status, String type, String anthropicType) {
        stream.send(requestHeaders(false, ":method", "POST", ":path", "/v1/messages"), requestBody("x", true));
        stream.answer(new PickResult.Rejected(reason, "no", null));

        assertThat(rejection().getStatus().getCodeValue()).isEqualTo(status);
        assertThat(rejection().getBody().toStringUtf8())
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"" + anthropicType + "\",\"message\":\"no\"}}");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("reasons")
    void aGrpcClientIsToldAGrpcStatusAsWell(
            RejectReason reason, int status, String type, String anthropicType, Status.Code code) {
        stream.send(requestHeaders(true, ":method", "POST", ":path", "/s/m", "content-type", "application/grpc+proto"));
        stream.answer(new PickResult.Rejected(reason, "no", null));

        assertThat(rejection().getGrpcStatus().getStatus()).isEqualTo(code.value());
    }

    @Test
    void overloadThatIsToldWith429SaysWhenToTryAgain() {
        stream.close();
        stream = new ExtProcFixture("overload-status", "429");
        stream.send(post(), requestBody("x", true));
        stream.answer(new PickResult.Rejected(RejectReason.WORKERS_OVERLOADED, "no", null));

        assertThat(value(rejection().getHeaders(), "retry-after")).isEqualTo("1");
    }

    @Test
    void aRefusalHasTheFormOfTheApiThatWasAsked() {
        stream.send(requestHeaders(false, ":method", "POST", ":path", "/v1/messages"), requestBody("x", true));
        stream.answer(new PickResult.Rejected(RejectReason.MALFORMED, "max_tokens: must be greater than 0", null));

        assertThat(stream.responses.getFirst().getImmediateResponse().getBody().toStringUtf8())
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
                        + "\"message\":\"max_tokens: must be greater than 0\"}}");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/messages?beta=true, other, '', true",
        "/v1/messages/count_tokens, other, '', true",
        "/claude/v1/messages, other, '', true",
        "/v1/messagesx, other, '', false",
        "/v1/completions?x=/v1/messages, other, '', false",
        "/v1/chat/completions, anthropic-version, '', false",
        "'', other, '', false",
        "'', anthropic-version, '', true",
        "'', other, /v1/messages, true",
        "'', anthropic-version, /v1/completions, false",
    })
    void whoSpeaksWhichApiIsToldByThePathElseByThePickerElseByItsVersion(
            String path, String header, String api, boolean anthropic) {
        stream.send(requestHeaders(false, ":method", "POST", ":path", path, header, "1"), requestBody("x", true));
        stream.answer(new PickResult.Rejected(RejectReason.NO_WORKERS, "no", null).inFormOf(api));

        assertThat(rejection().getBody().toStringUtf8().startsWith("{\"type\":\"error\""))
                .isEqualTo(anthropic);
    }

    @Test
    void aRefusalSaysWhatTheFrontendWouldSayAndTheNumbersBehindIt() {
        stream.send(post(), requestBody("x", true));
        stream.answer(new PickResult.Rejected(
                RejectReason.CONTEXT_LENGTH, "too long", null, Map.of("limit", 4L, "actual", 5L)));

        assertThat(stream.responses.getFirst().getImmediateResponse().getBody().toStringUtf8())
                .isEqualTo("{\"error\":{\"message\":\"too long\",\"type\":\"invalid_request_error\",\"param\":null,"
                        + "\"code\":\"context_length_exceeded\"},\"message\":\"too long\",\"type\":\"Bad Request\","
                        + "\"code\":400,\"details\":{\"actual\":5,\"limit\":4}}");
    }

    @Test
    void aRefusalSaysWhenToTryAgainIfThatIsKnown() {
        stream.send(post(), requestBody("x", true));
        stream.answer(new PickResult.Rejected(RejectReason.QUEUE_FULL, "full", null, Map.of(), 7));

        assertThat(value(rejection().getHeaders(), "retry-after")).isEqualTo("7");
    }

    private static ProcessingRequest post() {
        return requestHeaders(false, ":method", "POST", ":path", "/v1/chat/completions");
    }

    private ImmediateResponse rejection() {
        return stream.responses.getLast().getImmediateResponse();
    }
}
