package io.kvepp.routerservice.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.Answer.Given;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;
import java.util.Map;
import java.util.function.Function;

/// What is sent back.
///
/// Immutable if the body is left alone.
record HttpResponse(int status, JsonNode body, Map<String, String> headers) implements Reply {
    static final int OK = 200;
    static final int CREATED = 201;

    static HttpResponse ok(JsonNode body) {
        return new HttpResponse(OK, body, Map.of());
    }

    static HttpResponse fault(int status, String message) {
        return new HttpResponse(status, ResponseBodies.error(message), Map.of());
    }

    /// What came of a question.
    static <T> HttpResponse of(Answer<T> answer, int success, Function<T, JsonNode> body) {
        return switch (answer) {
            case Given<T>(var value) -> new HttpResponse(success, body.apply(value), Map.of());
            case Refused<T>(var reason, var message, var details, var retryAfterSeconds) -> {
                var error = ResponseBodies.error(message);
                if (!details.isEmpty()) {
                    var numbers = error.putObject("details");
                    details.forEach(numbers::put);
                }
                yield new HttpResponse(
                        status(reason),
                        error,
                        retryAfterSeconds == 0 ? Map.of() : Map.of("retry-after", String.valueOf(retryAfterSeconds)));
            }
        };
    }

    private static int status(Reason reason) {
        return switch (reason) {
            case INVALID -> 400;
            case NOT_FOUND -> 404;
            case DUPLICATE -> 409;
            case OVERLOADED -> 429;
            case NO_WORKERS, LIMIT -> 503;
            case INTERNAL -> 500;
        };
    }
}
