package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.JsonBytes;
import io.kvepp.inference.JsonValues;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.UnparsedReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads `/v1/chat/completions` and `/v1/completions`.
///
/// Field rules follow the Dynamo frontend 1.6.1. Whatever has a form this class does not know is
/// [Unparsed], not [Malformed]: the frontend decides.
///
/// Thread-safe.
public final class OpenAiRequestParser implements RequestParser {
    private static final Map<String, PromptApi> APIS =
            Map.of("/v1/chat/completions", new ChatCompletionsApi(), "/v1/completions", new CompletionsApi());

    @Override
    public ParseResult parse(String path, @Nullable String contentType, @Nullable String contentEncoding, byte[] body) {
        PromptApi api = APIS.get(withoutQuery(path));
        if (api == null) {
            return new Unparsed(UnparsedReason.PATH);
        }
        if (contentType == null || !isJson(contentType)) {
            return new Unparsed(UnparsedReason.CONTENT_TYPE);
        }
        if (contentEncoding != null && !isIdentity(contentEncoding)) {
            return new Unparsed(UnparsedReason.ENCODING);
        }
        if (body.length == 0) {
            return new Unparsed(UnparsedReason.EMPTY);
        }
        if (JsonBytes.check(body) != JsonBytes.Verdict.PLAIN) {
            return new Unparsed(UnparsedReason.UNSUPPORTED);
        }
        return parse(api, body);
    }

    private static ParseResult parse(PromptApi api, byte[] body) {
        try (JsonParser parser = JsonValues.parser(body)) {
            return read(api, ScannedBody.scan(parser, api));
        } catch (MalformedBodyException e) {
            return new Malformed(String.valueOf(e.getMessage()), e.param());
        } catch (UnsupportedBodyException | StreamConstraintsException e) {
            return new Unparsed(UnparsedReason.UNSUPPORTED);
        } catch (StreamReadException e) {
            return new Malformed("body: no JSON at byte " + byteOffset(e) + " (expected: a JSON object)", null);
        } catch (IllegalStateException e) {
            return new Unparsed(UnparsedReason.UNSUPPORTED); // names made to collide in the parser's name table
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array is no device
        }
    }

    private static ParseResult read(PromptApi api, ScannedBody body) throws MalformedBodyException {
        try {
            return new Parsed(request(api, body));
        } catch (UnsupportedBodyException e) {
            return new Unparsed(UnparsedReason.UNSUPPORTED, model(body.fields()));
        }
    }

    private static InferenceRequest request(PromptApi api, ScannedBody body)
            throws MalformedBodyException, UnsupportedBodyException {
        Map<String, @Nullable Object> fields = body.fields();
        return new InferenceRequest(
                model(fields),
                Boolean.TRUE.equals(Fields.bool(fields, "stream")),
                api.maxTokens(fields),
                api.prompt(fields),
                cacheSalt(body),
                body.clientTokenData(),
                body.target());
    }

    private static String model(Map<String, @Nullable Object> fields) throws MalformedBodyException {
        if (fields.get("model") instanceof String model && !model.isBlank()) {
            return model;
        }
        String found = !fields.containsKey("model")
                ? "missing"
                : fields.get("model") instanceof String ? "blank" : "not a text";
        throw MalformedBodyException.of("model", found, "the name of a model");
    }

    private static @Nullable String cacheSalt(ScannedBody body) {
        String salt = body.cacheSalt();
        if (salt != null && !salt.isEmpty()) {
            return salt;
        }
        return body.fields().get("cache_salt") instanceof String other && !other.isEmpty() ? other : null;
    }

    private static long byteOffset(JsonProcessingException e) {
        return e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
    }

    private static String withoutQuery(String path) {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    /// `application/json` or `application/<something>+json`, with or without parameters.
    private static boolean isJson(String contentType) {
        int parameters = contentType.indexOf(';');
        String type = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        return type.equals("application/json") || (type.startsWith("application/") && type.endsWith("+json"));
    }

    private static boolean isIdentity(String contentEncoding) {
        return contentEncoding.isBlank() || contentEncoding.strip().equalsIgnoreCase("identity");
    }
}
