package io.kvepp.extproc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.grpc.Status;
import io.kvepp.picker.PickResult.Rejected;
import io.kvepp.picker.RejectReason;
import java.util.Locale;
import java.util.TreeMap;

/// What a client is told when its request is not routed: an HTTP status, and a body as the API it
/// speaks has it.
///
/// - `phrase`: the status in words, which the Dynamo frontend gives as the error's type
/// - `type`, `code`: fields of OpenAI's `error` object
/// - `anthropicType`: the error's type in the Messages API
///
/// Immutable.
record Rejection(int status, String phrase, String type, String code, String anthropicType) {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final String ANTHROPIC_PATH = "/v1/messages";

    /// `overloadStatus`: what overloaded workers are told with.
    static Rejection of(RejectReason reason, int overloadStatus) {
        return switch (reason) {
            case MALFORMED -> badRequest("invalid_request");
            case CONTEXT_LENGTH -> badRequest("context_length_exceeded");
            case MODEL_NOT_FOUND ->
                new Rejection(
                        StatusCode.NotFound_VALUE,
                        "Not Found",
                        "not_found_error",
                        "model_not_found",
                        "not_found_error");
            case UNSUPPORTED_MEDIA_TYPE ->
                new Rejection(
                        StatusCode.UnsupportedMediaType_VALUE,
                        "Unsupported Media Type",
                        "invalid_request_error",
                        "unsupported_media_type",
                        "invalid_request_error");
            case HEADERS_TOO_LARGE ->
                new Rejection(
                        StatusCode.RequestHeaderFieldsTooLarge_VALUE,
                        "Request Header Fields Too Large",
                        "invalid_request_error",
                        "headers_too_large",
                        "request_too_large");
            case BODIES_FULL -> unavailable("bodies_full");
            case STREAMS_FULL -> unavailable("streams_full");
            case NO_WORKERS -> unavailable("no_workers");
            case OVERLOADED -> unavailable("overloaded");
            case WORKERS_OVERLOADED ->
                new Rejection(
                        overloadStatus,
                        "Service Unavailable",
                        "service_unavailable",
                        "workers_overloaded",
                        "overloaded_error");
            case ENGINES_OVERLOADED -> tooMany("engines_overloaded");
            case QUEUE_FULL -> tooMany("queue_full");
            case PREFILL_FULL -> tooMany("prefill_full");
            case QUEUE_TIMEOUT -> tooMany("queue_timeout");
            case SHED -> tooMany("shed");
            case BODY_TOO_LARGE ->
                new Rejection(
                        StatusCode.PayloadTooLarge_VALUE,
                        "Payload Too Large",
                        "invalid_request_error",
                        "body_too_large",
                        "request_too_large");
            case BODY_IDLE ->
                new Rejection(
                        StatusCode.RequestTimeout_VALUE,
                        "Request Timeout",
                        "invalid_request_error",
                        "body_idle",
                        "invalid_request_error");
            case PICK_DEADLINE ->
                new Rejection(
                        StatusCode.GatewayTimeout_VALUE,
                        "Gateway Timeout",
                        "service_unavailable",
                        "pick_deadline",
                        "timeout_error");
            case INTERNAL ->
                new Rejection(
                        StatusCode.InternalServerError_VALUE,
                        "Internal Server Error",
                        "server_error",
                        "internal",
                        "api_error");
        };
    }

    private static Rejection badRequest(String code) {
        return new Rejection(
                StatusCode.BadRequest_VALUE, "Bad Request", "invalid_request_error", code, "invalid_request_error");
    }

    private static Rejection tooMany(String code) {
        return new Rejection(
                StatusCode.TooManyRequests_VALUE, "Too Many Requests", "rate_limit_error", code, "rate_limit_error");
    }

    private static Rejection unavailable(String code) {
        return new Rejection(
                StatusCode.ServiceUnavailable_VALUE,
                "Service Unavailable",
                "service_unavailable",
                code,
                "overloaded_error");
    }

    /// The same for a gRPC client.
    Status.Code grpcCode() {
        return switch (status) {
            case StatusCode.BadRequest_VALUE, StatusCode.UnsupportedMediaType_VALUE -> Status.Code.INVALID_ARGUMENT;
            case StatusCode.NotFound_VALUE -> Status.Code.NOT_FOUND;
            case StatusCode.RequestTimeout_VALUE, StatusCode.GatewayTimeout_VALUE -> Status.Code.DEADLINE_EXCEEDED;
            case StatusCode.PayloadTooLarge_VALUE,
                    StatusCode.RequestHeaderFieldsTooLarge_VALUE,
                    StatusCode.TooManyRequests_VALUE -> Status.Code.RESOURCE_EXHAUSTED;
            case StatusCode.InternalServerError_VALUE -> Status.Code.INTERNAL;
            default -> Status.Code.UNAVAILABLE; // no workers, and overload by whatever status is configured
        };
    }

    /// The word for metrics and access logs.
    static String word(RejectReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    /// The body of the answer to a request for `path`, which may have a prefix and a query.
    ByteString body(String path, Rejected rejected) {
        try {
            return ByteString.copyFrom(
                    JSON.writeValueAsBytes(isAnthropic(path) ? anthropic(rejected) : openAi(rejected)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an object of strings cannot fail to serialize", e);
        }
    }

    private static boolean isAnthropic(String path) {
        int query = path.indexOf('?');
        int start = path.indexOf(ANTHROPIC_PATH);
        int end = start + ANTHROPIC_PATH.length();
        return start >= 0
                && (query < 0 || end <= query)
                && (end == path.length() || end == query || path.charAt(end) == '/');
    }

    private ObjectNode anthropic(Rejected rejected) {
        ObjectNode root = JSON.createObjectNode().put("type", "error");
        root.putObject("error").put("type", anthropicType).put("message", rejected.message());
        return root;
    }

    /// OpenAI's `error` object, and beside it what a Dynamo frontend says.
    private ObjectNode openAi(Rejected rejected) {
        ObjectNode root = JSON.createObjectNode();
        root.putObject("error")
                .put("message", rejected.message())
                .put("type", type)
                .put("param", rejected.param())
                .put("code", code);
        root.put("message", rejected.message()).put("type", phrase).put("code", status);
        if (!rejected.details().isEmpty()) {
            ObjectNode details = root.putObject("details");
            new TreeMap<>(rejected.details()).forEach(details::put);
        }
        return root;
    }
}
