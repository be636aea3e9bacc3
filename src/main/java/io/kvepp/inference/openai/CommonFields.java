package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.body.FieldTable;
import io.kvepp.inference.body.Shape;
import io.kvepp.inference.body.UnsupportedBodyException;

/// Fields that several APIs share, with the shapes the frontend gives them.
///
/// Source: dynamo-protocols 8.2.0 and async-openai 0.42.
///
/// Thread-safe.
final class CommonFields {
    static final Shape TEXTS = Shape.list(Shape.TEXT);
    static final Shape ANSWER_SCHEMA = Shape.object()
            .with("name", Shape.TEXT)
            .with("schema", Shape.ANY)
            .maybe("description", Shape.TEXT)
            .maybe("strict", Shape.FLAG);
    static final Shape EFFORT = Shape.words("none", "minimal", "low", "medium", "high", "xhigh", "max");

    private static final Shape STOP = Shape.either(Shape.TEXT, Shape.either(TEXTS, Shape.list(Shape.U32)));
    private static final Shape STREAM_OPTIONS =
            Shape.object().maybe("include_usage", Shape.FLAG).maybe("continuous_usage_stats", Shape.FLAG);

    private CommonFields() {}

    /// Of chat completions and completions.
    static FieldTable sampled() {
        return new FieldTable()
                .field("model", Shape.TEXT)
                .field("max_tokens", Shape.U32)
                .field("temperature", Shape.NUMBER)
                .field("top_p", Shape.NUMBER)
                .field("n", Shape.U8)
                .field("stream", Shape.FLAG)
                .field("stream_options", STREAM_OPTIONS)
                .field("stop", STOP)
                .field("presence_penalty", Shape.NUMBER)
                .field("frequency_penalty", Shape.NUMBER)
                .field("logit_bias", Shape.map(Shape.ANY))
                .field("user", Shape.TEXT)
                .field("seed", Shape.I64)
                .field("return_tokens_as_token_ids", Shape.FLAG)
                .ignored("metadata")
                .closed();
    }

    /// Extensions of Dynamo to both of them.
    static FieldTable extended(FieldTable table) {
        return table.field("ignore_eos", Shape.FLAG)
                .field("min_tokens", Shape.U32)
                .field("top_k", Shape.I32)
                .field("min_p", Shape.NUMBER)
                .field("repetition_penalty", Shape.NUMBER)
                .field("include_stop_str_in_output", Shape.FLAG)
                .field("guided_json", Shape.ANY)
                .field("guided_regex", Shape.TEXT)
                .field("guided_grammar", Shape.TEXT)
                .field("guided_choice", TEXTS)
                .field("guided_decoding_backend", Shape.TEXT)
                .field("guided_whitespace_pattern", Shape.TEXT)
                .field("skip_special_tokens", Shape.FLAG)
                .field("prompt_logprobs", Shape.U32)
                .field("add_generation_prompt", Shape.FLAG)
                .field("continue_final_message", Shape.FLAG)
                .passedOn("cache_salt")
                .passedOn("stop_token_ids")
                .passedOn("detokenize")
                .passedOn("allowed_token_ids")
                .passedOn("bad_words_token_ids")
                .passedOn("logprob_token_ids");
    }

    /// A field whose mere presence is left to the frontend.
    static FieldTable.Reader left(String name) {
        return parser -> {
            if (parser.currentToken() != JsonToken.VALUE_NULL) {
                throw UnsupportedBodyException.form(name);
            }
            return null;
        };
    }
}
