package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.RoutingHints;
import io.kvepp.inference.TokenDataTarget;
import io.kvepp.inference.body.FieldTable.Rule;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Dynamo's extension of a request: the members of `nvext` that matter, and where token ids go.
///
/// - `tokenData`: token ids (unsigned 32 bit) the client gave, null when absent
/// - `extraFields`: what the client wants to see in the answer
/// - `hints`: what it says of routing
/// - `target`: where token ids may be put, null when the client gave its own
///
/// Immutable; the array must not be changed.
public record NvExt(
        @Nullable String cacheSalt,
        int @Nullable [] tokenData,
        List<String> extraFields,
        RoutingHints hints,
        @Nullable TokenDataTarget target) {
    private static final String TOKEN_DATA = "token_data";
    private static final int NULL_LENGTH = 4;
    private static final Shape HINTS = Shape.object()
            .maybe("priority", Shape.I32)
            .maybe("strict_priority", Shape.U32)
            .maybe("osl", Shape.U32)
            .maybe("speculative_prefill", Shape.FLAG)
            .maybe("latency_sensitivity", Shape.NUMBER)
            .closed();
    private static final Shape CONSTRAINTS = Shape.object()
            .absentOr("required_taints", Shape.list(Shape.TEXT))
            .absentOr("preferred_taints", Shape.map(Shape.NUMBER))
            .closed();
    private static final FieldTable MEMBERS = new FieldTable()
            .field("greed_sampling", Shape.FLAG)
            .field("use_raw_prompt", Shape.FLAG)
            .field("annotations", Shape.list(Shape.TEXT))
            .field("backend_instance_id", Shape.U64)
            .read(TOKEN_DATA, NvExt::tokenIds)
            .field("max_thinking_tokens", Shape.U32)
            .field("cache_salt", Shape.TEXT)
            .field("extra_fields", Shape.list(Shape.TEXT))
            .field("metadata_upload", Shape.object().with("url", Shape.TEXT).closed())
            .field("prefill_worker_id", Shape.U64)
            .field("decode_worker_id", Shape.U64)
            .field("dp_rank", Shape.U32)
            .field("prefill_dp_rank", Shape.U32)
            .field("agent_hints", HINTS)
            .field("request_timestamp_ms", Shape.NUMBER)
            .field("routing_constraints", CONSTRAINTS)
            .field(
                    "router",
                    Shape.object()
                            .maybe("ttft_target", Shape.NUMBER)
                            .maybe("itl_target", Shape.NUMBER)
                            .closed())
            .closed();

    /// What a body without `nvext` has; `open` is the offset of the body's opening brace. Every body
    /// has a further member, so that a comma is always right.
    static NvExt absent(int open) {
        return new NvExt(
                null,
                null,
                List.of(),
                RoutingHints.NONE,
                new TokenDataTarget(open + 1, 0, "\"nvext\":{\"token_data\":[", "]},"));
    }

    /// The extension that starts at the parser's current token; leaves the parser at its last token.
    static NvExt read(JsonParser parser) throws IOException, MalformedBodyException, UnsupportedBodyException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            TokenDataTarget target = new TokenDataTarget(offset(parser), NULL_LENGTH, "{\"token_data\":[", "]}");
            return new NvExt(null, null, List.of(), RoutingHints.NONE, target);
        }
        if (token == JsonToken.START_ARRAY) {
            throw UnsupportedBodyException.form("nvext is a list");
        }
        if (token != JsonToken.START_OBJECT) {
            throw MalformedBodyException.type("nvext", "another type", "an object");
        }
        return members(parser);
    }

    private static NvExt members(JsonParser parser)
            throws IOException, MalformedBodyException, UnsupportedBodyException {
        int start = offset(parser) + 1;
        Map<String, @Nullable Object> values = new HashMap<>();
        TokenDataTarget instead = null;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            Rule rule = MEMBERS.rule(name);
            parser.nextToken();
            if (rule == null) {
                throw MalformedBodyException.type("nvext", "unknown field " + BodyScan.shown(name), "known fields");
            }
            if (values.containsKey(name)) {
                throw MalformedBodyException.type("nvext." + name, "given twice", "once");
            }
            if (name.equals(TOKEN_DATA) && parser.currentToken() == JsonToken.VALUE_NULL) {
                instead = new TokenDataTarget(offset(parser), NULL_LENGTH, "[", "]");
            }
            values.put(name, rule.reader().read(parser));
        }
        TokenDataTarget target = instead != null
                ? instead
                : new TokenDataTarget(start, 0, "\"token_data\":[", values.isEmpty() ? "]" : "],");
        int[] tokenData = (int[]) values.get(TOKEN_DATA);
        return new NvExt(
                (String) values.get("cache_salt"),
                tokenData,
                extraFields(values.get("extra_fields")),
                NvExtHints.of(values),
                tokenData == null ? target : null);
    }

    @SuppressWarnings("unchecked") // its shape has been checked
    private static List<String> extraFields(@Nullable Object value) {
        return value == null ? List.of() : (List<String>) value;
    }

    private static int @Nullable [] tokenIds(JsonParser parser) throws IOException, MalformedBodyException {
        return switch (parser.currentToken()) {
            case VALUE_NULL -> null;
            case START_ARRAY -> TokenIdReader.read(parser, "nvext.token_data");
            case null, default ->
                throw MalformedBodyException.type("nvext.token_data", "no list", "a list of token ids");
        };
    }

    /// Embeddings know annotations only, and no token ids.
    static NvExt ofEmbeddings(JsonParser parser) throws IOException, MalformedBodyException {
        Object value = JsonValues.read(parser);
        Shape shape = Shape.object().maybe("annotations", Shape.list(Shape.TEXT));
        if (value != null && shape.fit(value) == Shape.Fit.NO) {
            throw MalformedBodyException.type("nvext", "another type", "an object with annotations");
        }
        return new NvExt(null, null, List.of(), RoutingHints.NONE, null);
    }

    /// The same as [#read], with other words for what is wrong.
    static NvExt converted(JsonParser parser) throws IOException, MalformedBodyException, UnsupportedBodyException {
        try {
            return read(parser);
        } catch (MalformedBodyException e) {
            throw MalformedBodyException.value("nvext", "Failed to convert request: invalid nvext: " + e.fault());
        }
    }

    NvExt withoutTarget() {
        return new NvExt(cacheSalt, tokenData, extraFields, hints, null);
    }

    /// What is left of it where the frontend does not look at it.
    NvExt saltOnly() {
        return new NvExt(cacheSalt, null, List.of(), RoutingHints.NONE, null);
    }

    private static int offset(JsonParser parser) {
        return Math.toIntExact(parser.currentTokenLocation().getByteOffset());
    }
}
