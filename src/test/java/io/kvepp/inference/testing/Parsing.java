package io.kvepp.inference.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.RequestParser;
import io.kvepp.testing.RequestParsers;
import java.nio.charset.StandardCharsets;

/// Reads bodies of one API.
public record Parsing(String path, RequestParser parser) {
    public static Parsing of(String path) {
        return new Parsing(path, RequestParsers.all());
    }

    public ParseResult parse(String body) {
        return parse(body.getBytes(StandardCharsets.UTF_8));
    }

    public ParseResult parse(byte[] body) {
        return parser.parse(path, "application/json", null, body);
    }

    public InferenceRequest request(String body) {
        ParseResult result = parse(body);
        assertThat(result).as(body).isInstanceOf(Parsed.class);
        return ((Parsed) result).request();
    }

    public Prompt.Chat chat(String body) {
        return (Prompt.Chat) request(body).prompt();
    }

    /// What the client of a malformed body is told.
    public String refusal(String body) {
        ParseResult result = parse(body);
        assertThat(result).as(body).isInstanceOf(Malformed.class);
        return ((Malformed) result).message();
    }
}
