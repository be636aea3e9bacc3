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
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.ValueChecks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// `/v1/completions`: the prompt is a text, token ids, or several of either; no template.
///
/// Immutable.
final class CompletionsApi implements BodyApi {
    private static final String PROMPT = "prompt";
    private static final String VALIDATION = "Validation: ";
    private static final int CHOICES_MAX = 128;
    private static final int SUFFIX_BYTES_MAX = 10_000;
    private static final FieldTable FIELDS = CommonFields.extended(CommonFields.sampled())
            .read(PROMPT, CompletionsApi::prompt)
            .read("prompt_embeds", CommonFields.left("prompt_embeds"))
            .field("suffix", Shape.TEXT)
            .field("logprobs", Shape.U8)
            .field("echo", Shape.FLAG)
            .field("best_of", Shape.U8)
            .field("no_stop_trim", Shape.FLAG);

    private final BodyConfig config;

    CompletionsApi(BodyConfig config) {
        this.config = config;
    }

    @Override
    public FieldTable fields() {
        return FIELDS;
    }

    @Override
    public Tolerance tolerance() {
        return Tolerance.REPAIRED;
    }

    private static Prompt prompt(JsonParser parser)
            throws IOException, MalformedBodyException, UnsupportedBodyException {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            return new Prompt.Text(parser.getText());
        }
        return TextOrIds.list(parser, PROMPT);
    }

    @Override
    public Prompt prompt(BodyScan body) throws MalformedBodyException {
        Fields fields = body.fields();
        Prompt prompt = (Prompt) fields.required(fields.any(PROMPT), PROMPT, TextOrIds.EXPECTED);
        fields.requiredText("model");
        ValueChecks values = new ValueChecks(fields, VALIDATION);
        values.streamOptionsNeedStream();
        values.unknown(config.ignoresUnknownFields() ? List.of() : body.unknown());
        values.oneConstraint(false);
        values.model();
        checkPrompt(prompt, values);
        checkSampling(values);
        checkChoices(prompt, values);
        if (fields.has("add_generation_prompt") || fields.has("continue_final_message")) {
            throw values.refused(
                    "add_generation_prompt",
                    "`add_generation_prompt` and `continue_final_message` are only supported on"
                            + " /v1/chat/completions");
        }
        return prompt;
    }

    private static void checkPrompt(Prompt prompt, ValueChecks values) throws MalformedBodyException {
        String fault = switch (prompt) {
            case Prompt.Text(var text) -> text.isEmpty() ? "Prompt string cannot be empty" : null;
            case Prompt.Texts(var texts) ->
                texts.isEmpty()
                        ? "Prompt string array cannot be empty"
                        : texts.contains("")
                                ? "Prompt string at index " + texts.indexOf("") + " cannot be empty"
                                : null;
            case Prompt.TokenIdLists(var lists) -> emptyList(lists);
            case Prompt.TokenIds _, Prompt.Chat _, Prompt.EmbeddedTexts _ -> null;
        };
        if (fault != null) {
            throw values.refused(PROMPT, fault);
        }
    }

    private static @Nullable String emptyList(List<int[]> lists) {
        for (int i = 0; i < lists.size(); i++) {
            if (lists.get(i).length == 0) {
                return "Prompt integer array at index " + i + " cannot be empty";
            }
        }
        return null;
    }

    private static void checkSampling(ValueChecks values) throws MalformedBodyException {
        String suffix = values.fields().text("suffix");
        if (suffix != null && suffix.getBytes(StandardCharsets.UTF_8).length > SUFFIX_BYTES_MAX) {
            throw values.refused("suffix", "Suffix is too long, maximum 10000 characters");
        }
        values.outputTokens("max_tokens", "Max tokens");
        values.between("temperature", "Temperature", 0, 2);
        values.above("top_p", "Top_p", 0, 1);
        values.between("n", "n", 1, CHOICES_MAX);
        values.between("logprobs", "Logprobs", 0, 5);
        values.stop();
        values.between("presence_penalty", "Presence penalty", -2, 2);
        values.between("frequency_penalty", "Frequency penalty", -2, 2);
        values.between("best_of", "Best_of", 0, 20);
        values.logitBias();
        values.user();
        values.above("repetition_penalty", "Repetition penalty", 0, 2);
        values.between("min_p", "Min_p", 0, 1);
        values.topK();
        values.choicesNeedTemperature();
    }

    private static void checkChoices(Prompt prompt, ValueChecks values) throws MalformedBodyException {
        Fields fields = values.fields();
        long n = fields.any("n") instanceof Long count ? count : 1;
        if (fields.any("best_of") instanceof Long best && fields.has("n") && best < n) {
            throw values.refused(
                    "best_of", "Best_of must be greater than or equal to n, got best_of=" + best + " and n=" + n);
        }
        int prompts = switch (prompt) {
            case Prompt.Texts(var texts) -> texts.size();
            case Prompt.TokenIdLists(var lists) -> lists.size();
            case Prompt.Text _, Prompt.TokenIds _, Prompt.Chat _, Prompt.EmbeddedTexts _ -> 1;
        };
        if (prompts * n > CHOICES_MAX) {
            throw values.refused(
                    PROMPT,
                    "Total choices (batch_size \u00d7 n = " + prompts + " \u00d7 " + n + " = " + prompts * n
                            + ") exceeds maximum of " + CHOICES_MAX);
        }
    }
}
