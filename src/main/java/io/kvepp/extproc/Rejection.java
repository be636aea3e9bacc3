package io.kvepp.extproc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.kvepp.picker.RejectReason;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a client is told when its request is not routed: an HTTP status and an OpenAI-shaped body.
///
/// - `type`, `code`: fields of the `error` object
///
/// Immutable.
record Rejection(StatusCode status, String type, String code) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Rejection of(RejectReason reason) {
        return switch (reason) {
            case MALFORMED -> invalid(StatusCode.BadRequest, "invalid_request");
            case MODEL_NOT_FOUND -> new Rejection(StatusCode.NotFound, "not_found_error", "model_not_found");
            case NO_WORKERS -> unavailable(StatusCode.ServiceUnavailable, "no_workers");
            case OVERLOADED -> unavailable(StatusCode.ServiceUnavailable, "overloaded");
            case BODY_TOO_LARGE -> invalid(StatusCode.PayloadTooLarge, "body_too_large");
            case BODY_IDLE -> invalid(StatusCode.RequestTimeout, "body_idle");
            case PICK_DEADLINE -> unavailable(StatusCode.GatewayTimeout, "pick_deadline");
            case INTERNAL -> new Rejection(StatusCode.InternalServerError, "server_error", "internal");
        };
    }

    /// The word for metrics and access logs.
    static String word(RejectReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    ByteString body(String message, @Nullable String param) {
        ObjectNode root = JSON.createObjectNode();
        root.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        try {
            return ByteString.copyFrom(JSON.writeValueAsBytes(root));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an object of strings cannot fail to serialize", e);
        }
    }

    private static Rejection invalid(StatusCode status, String code) {
        return new Rejection(status, "invalid_request_error", code);
    }

    private static Rejection unavailable(StatusCode status, String code) {
        return new Rejection(status, "service_unavailable", code);
    }
}
