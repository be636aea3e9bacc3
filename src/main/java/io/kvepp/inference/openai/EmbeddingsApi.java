package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.Prompt;
import io.kvepp.inference.body.BodyApi;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.inference.body.BodyScan;
import io.kvepp.inference.body.FieldTable;
import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.Shape;
import java.io.IOException;
import java.util.List;

/// `/v1/embeddings`: texts or token ids, no template. The frontend takes no token ids for them, and
/// puts the model's special tokens around a text unless the client or its own environment forbids it.
///
/// Immutable.
final class EmbeddingsApi implements BodyApi {
    private static final String INPUT = "input";
    private static final String TRUNCATION = "truncate_prompt_tokens";
    private static final FieldTable FIELDS = new FieldTable()
            .field("model", Shape.TEXT)
            .read(INPUT, EmbeddingsApi::input)
            .field("encoding_format", Shape.words("float", "base64"))
            .field("user", Shape.TEXT)
            .field("dimensions", Shape.U32)
            .field("add_special_tokens", Shape.FLAG)
            .field(TRUNCATION, Shape.I64);

    private final BodyConfig config;

    EmbeddingsApi(BodyConfig config) {
        this.config = config;
    }

    @Override
    public FieldTable fields() {
        return FIELDS;
    }

    @Override
    public Tolerance tolerance() {
        return Tolerance.REPAIRED_WITHOUT_TOKENS;
    }

    private static Prompt input(JsonParser parser) throws IOException, MalformedBodyException {
        return parser.currentToken() == JsonToken.VALUE_STRING
                ? new Prompt.Texts(List.of(parser.getText()))
                : TextOrIds.list(parser, INPUT);
    }

    @Override
    public Prompt prompt(BodyScan body) throws MalformedBodyException {
        Fields fields = body.fields();
        Prompt input = (Prompt) fields.required(fields.any(INPUT), INPUT, TextOrIds.EXPECTED);
        fields.requiredText("model");
        Long truncation = (Long) fields.any(TRUNCATION);
        if (truncation != null && truncation < Prompt.EmbeddedTexts.TO_CONTEXT) {
            throw MalformedBodyException.value(
                    TRUNCATION, "Invalid request: " + TRUNCATION + ": " + truncation + " (expected: >= -1)");
        }
        Boolean framed = fields.flag("add_special_tokens");
        return input instanceof Prompt.Texts(var texts)
                ? new Prompt.EmbeddedTexts(texts, framed == null ? config.framesEmbeddings() : framed, truncation)
                : input;
    }
}
