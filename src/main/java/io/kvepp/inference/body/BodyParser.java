package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.body.BodyApi.Tolerance;
import io.kvepp.inference.json.JsonBytes;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the bodies of several APIs.
///
/// Field rules follow the Dynamo frontend 1.6.1. Whatever has a form that is not known here is
/// [Unparsed], not [Malformed]: the frontend decides.
///
/// Thread-safe.
public final class BodyParser implements RequestParser {
    private final Map<String, BodyApi> apis;
    private final boolean dropsExtension;

    /// `apis`: by path, each with a slash at its start and none the end of another.
    public BodyParser(Map<String, BodyApi> apis, BodyConfig config) {
        this.apis = Map.copyOf(apis);
        dropsExtension = config.dropsExtension();
    }

    @Override
    public String api(String path, byte[] body) {
        if (!path.isEmpty()) {
            return knownEnd(withoutQuery(path));
        }
        return BodyShape.of(body) instanceof BodyShape.Known(var told) && apis.containsKey(told) ? told : "";
    }

    @Override
    public ParseResult parse(String path, @Nullable String contentType, @Nullable String contentEncoding, byte[] body) {
        BodyApi api = apis.get(api(path, body));
        if (api == null) {
            boolean json = contentType == null ? path.isEmpty() : isJson(contentType);
            boolean plain = contentEncoding == null || isIdentity(contentEncoding);
            return json && plain ? ofNoApi(path, body) : new Unparsed(UnparsedReason.PATH);
        }
        if (contentType == null ? !path.isEmpty() : !isJson(contentType)) {
            return new Unparsed(UnparsedReason.CONTENT_TYPE);
        }
        if (contentEncoding != null && !isIdentity(contentEncoding)) {
            return new Unparsed(UnparsedReason.ENCODING);
        }
        if (body.length == 0) {
            return new Unparsed(UnparsedReason.EMPTY);
        }
        return api.tolerance() == Tolerance.STRICT ? strict(api, body) : repaired(api, body);
    }

    /// A body that is for no API known here. Where the path is not told, the body must at least be an
    /// object that asks for a model, as it is in every API.
    private static ParseResult ofNoApi(String path, byte[] body) {
        if (body.length == 0) {
            return new Unparsed(UnparsedReason.EMPTY);
        }
        if (!path.isEmpty()) {
            return new Unparsed(UnparsedReason.PATH, ModelName.in(body));
        }
        return switch (BodyShape.of(body)) {
            case BodyShape.Known _ -> new Unparsed(UnparsedReason.PATH, ModelName.in(body));
            case BodyShape.Unknown(var model) when model != null -> new Unparsed(UnparsedReason.PATH, model);
            case BodyShape.Unknown _ -> malformed(MalformedBodyException.type("model", "missing", "text"));
            case BodyShape.NoObject() -> malformed(MalformedBodyException.body("no JSON object", "a JSON object"));
            case BodyShape.TooLarge() -> new Unparsed(UnparsedReason.TOO_LARGE);
        };
    }

    private ParseResult repaired(BodyApi api, byte[] body) {
        TolerantBytes tolerant = TolerantBytes.of(body);
        if (tolerant.loneSurrogate()) {
            return malformed(MalformedBodyException.body("half of a surrogate pair in a string", "Unicode text"));
        }
        return read(api, tolerant.bytes(), tolerant.changed());
    }

    /// A value that is only skimmed may hold bytes that would be refused elsewhere.
    private ParseResult strict(BodyApi api, byte[] body) {
        if (JsonBytes.check(body) == JsonBytes.Verdict.PLAIN) {
            return read(api, body, false);
        }
        ParseResult result = read(api, JsonBytes.withoutInvalidUtf8(body), true);
        return result instanceof Parsed(var request)
                ? new Unparsed(UnparsedReason.UNSUPPORTED, request.model())
                : result;
    }

    private ParseResult read(BodyApi api, byte[] body, boolean changed) {
        try (JsonParser parser = JsonValues.parser(body, api.tolerance() != Tolerance.STRICT)) {
            BodyScan all = scan(parser, api);
            BodyScan scan = dropsExtension ? all.withoutExtension() : all;
            return new Parsed(request(api, changed ? scan.withoutTarget() : scan));
        } catch (MalformedBodyException e) {
            return malformed(e);
        } catch (UnsupportedBodyException e) {
            return new Unparsed(e.reason(), ModelName.in(body));
        } catch (StreamReadException e) {
            return malformed(MalformedBodyException.body("no JSON at byte " + byteOffset(e), "a JSON object"));
        } catch (IllegalStateException e) {
            return new Unparsed(UnparsedReason.UNSUPPORTED); // names made to collide in the parser's name table
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array is no device
        }
    }

    private static BodyScan scan(JsonParser parser, BodyApi api)
            throws IOException, MalformedBodyException, UnsupportedBodyException {
        try {
            return BodyScan.of(parser, api.fields(), api.tolerance());
        } catch (StreamConstraintsException e) {
            // Values that are only skimmed may nest deeper than those that are read.
            if (api.tolerance() != Tolerance.STRICT
                    && parser.getParsingContext().getNestingDepth() >= JsonValues.DEPTH_MAX) {
                throw MalformedBodyException.body("nested too deep", "at most " + JsonValues.DEPTH_MAX + " levels");
            }
            throw UnsupportedBodyException.tooLarge("JSON tokens, digits of a number, or levels");
        }
    }

    private static Malformed malformed(MalformedBodyException e) {
        return new Malformed(e.text(), e.param());
    }

    private static InferenceRequest request(BodyApi api, BodyScan body)
            throws MalformedBodyException, UnsupportedBodyException {
        Fields fields = body.fields();
        return new InferenceRequest(
                orEmpty(fields.text("model")),
                Boolean.TRUE.equals(fields.flag("stream")),
                api.prompt(body),
                cacheSalt(body),
                body.nvext().tokenData(),
                body.nvext().target(),
                body.nvext().hints());
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static @Nullable String cacheSalt(BodyScan body) throws MalformedBodyException {
        String salt = body.nvext().cacheSalt();
        if (salt != null && !salt.isEmpty()) {
            return salt;
        }
        return body.fields().any("cache_salt") instanceof String other && !other.isEmpty() ? other : null;
    }

    private static long byteOffset(StreamReadException e) {
        return e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
    }

    /// The known path that this one ends with, whatever prefix routes take off later; else empty.
    private String knownEnd(String path) {
        if (apis.containsKey(path)) {
            return path;
        }
        String trimmed = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        return apis.keySet().stream().filter(trimmed::endsWith).findAny().orElse("");
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
