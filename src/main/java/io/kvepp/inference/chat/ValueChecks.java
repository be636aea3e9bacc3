package io.kvepp.inference.chat;

import io.kvepp.inference.body.Fields;
import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.json.WhiteSpace;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The ranges of sampling and stop parameters. Values have the right types already.
///
/// - `fields`: the values by their names in chat completions; absent ones are in every range
/// - `prefix`: how the messages of this API start
///
/// Immutable.
public record ValueChecks(Fields fields, String prefix) {
    private static final int STOPS_MAX = 32;
    private static final long OUTPUT_TOKENS_MAX = 1_048_576;
    private static final float LOGIT_BIAS_MAX = 100;
    private static final Pattern TOKEN_ID = Pattern.compile("\\+?[0-9]{1,30}");
    private static final List<String> CONSTRAINTS = List.of("json", "regex", "choice", "grammar");
    private static final List<String> TOKEN_LISTS = List.of("allowed_token_ids", "logprob_token_ids");

    /// Fields beyond those the API knows, and those that are only passed on.
    public void unknown(List<String> unknown) throws MalformedBodyException {
        if (!unknown.isEmpty()) {
            String names = String.join(
                    ", ", unknown.stream().map(name -> "`" + name + "`").toList());
            throw refused(unknown.getFirst(), "Unsupported parameter(s): " + names);
        }
        passedOn("cache_salt", value -> value instanceof String, "a string");
        Object stops = fields.any("stop_token_ids");
        passedOn("stop_token_ids", ValueChecks::isTokenIds, "an array of token IDs");
        if (stops instanceof List<?> list && list.size() > STOPS_MAX) {
            throw tooMany("stop_token_ids", "stop token IDs", list.size());
        }
        passedOn("detokenize", value -> value instanceof Boolean, "a boolean");
        for (String name : TOKEN_LISTS) {
            passedOn(name, ValueChecks::isTokenIds, "an array of token IDs");
        }
        passedOn(
                "bad_words_token_ids",
                value -> value instanceof List<?> list && list.stream().allMatch(ValueChecks::isTokenIds),
                "an array of token ID arrays");
    }

    private interface Test {
        boolean holds(@Nullable Object value);
    }

    private void passedOn(String name, Test test, String expected) throws MalformedBodyException {
        Object value = fields.any(name);
        if (value != null && !test.holds(value)) {
            throw refused(name, "`" + name + "` must be " + expected);
        }
    }

    private static boolean isTokenIds(@Nullable Object value) {
        return value instanceof List<?> list
                && list.stream().allMatch(id -> id instanceof Long n && n >= 0 && n <= 0xFFFF_FFFFL);
    }

    public void model() throws MalformedBodyException {
        String model = fields.text("model");
        if (model == null || WhiteSpace.isAll(model)) {
            throw refused("model", "Model cannot be empty");
        }
    }

    public void user() throws MalformedBodyException {
        String user = fields.text("user");
        if (user != null && WhiteSpace.isAll(user)) {
            throw refused("user", "User ID cannot be empty");
        }
    }

    /// `label` is what the messages call the parameter.
    public void between(String name, String label, int min, int max) throws MalformedBodyException {
        Float value = number(name);
        if (value != null && !(value >= min && value <= max)) {
            throw refused(name, label + " must be between " + min + " and " + max + ", got " + plain(value));
        }
    }

    public void above(String name, String label, int bound, int max) throws MalformedBodyException {
        Float value = number(name);
        if (value != null && !(value > bound && value <= max)) {
            throw refused(name, label + " must be between " + bound + " and " + max + ", got " + plain(value));
        }
    }

    public void topK() throws MalformedBodyException {
        if (fields.any("top_k") instanceof Long topK && topK < -1) {
            throw refused("top_k", "Top_k must be null or greater than or equal to -1");
        }
    }

    public void outputTokens(String name, String label) throws MalformedBodyException {
        if (fields.any(name) instanceof Long tokens) {
            if (tokens == 0) {
                throw refused(name, label + " must be greater than 0, got 0");
            }
            if (tokens > OUTPUT_TOKENS_MAX) {
                throw refused(name, label + " must not exceed " + OUTPUT_TOKENS_MAX + ", got " + tokens);
            }
        }
    }

    public void logitBias() throws MalformedBodyException {
        Map<String, @Nullable Object> biases = Fields.asObject(fields.any("logit_bias"));
        if (biases == null) {
            return;
        }
        for (Map.Entry<String, @Nullable Object> entry : biases.entrySet()) {
            if (!isTokenId(entry.getKey())) {
                throw refused("logit_bias", "Logit bias key must be a non-negative 32-bit integer token id");
            }
            String token = "token '" + entry.getKey() + "' must be ";
            if (!(entry.getValue() instanceof Number bias)) {
                throw refused("logit_bias", "Logit bias value for " + token + "a number");
            }
            float value = (float) bias.doubleValue();
            if (Math.abs(value) > LOGIT_BIAS_MAX) {
                throw refused("logit_bias", "Logit bias for " + token + "between -100 and 100, got " + plain(value));
            }
        }
    }

    private static boolean isTokenId(String text) {
        return TOKEN_ID.matcher(text).matches() && new BigDecimal(text).compareTo(new BigDecimal(0xFFFF_FFFFL)) <= 0;
    }

    public void stop() throws MalformedBodyException {
        Object stop = fields.any("stop");
        if ("".equals(stop)) {
            throw refused("stop", "Stop sequence cannot be empty");
        }
        if (!(stop instanceof List<?> list)) {
            return;
        }
        if (list.isEmpty()) {
            throw refused("stop", "Stop sequences array cannot be empty");
        }
        if (list.size() > STOPS_MAX) {
            String what = list.getFirst() instanceof String ? "stop sequences" : "stop token IDs";
            throw tooMany("stop", what, list.size());
        }
        int empty = list.indexOf("");
        if (empty >= 0) {
            throw refused("stop", "Stop sequence at index " + empty + " cannot be empty");
        }
    }

    /// Several answers need some randomness.
    public void choicesNeedTemperature() throws MalformedBodyException {
        Float temperature = number("temperature");
        if (fields.any("n") instanceof Long n && n > 1 && temperature != null && temperature == 0) {
            throw refused(
                    "temperature",
                    "When n > 1, temperature must be greater than 0 to ensure diverse outputs. Got n=" + n
                            + ", temperature=" + plain(temperature));
        }
    }

    /// At most one way to constrain the answer; `schema` says whether the answer's format is one.
    public void oneConstraint(boolean schema) throws MalformedBodyException {
        List<String> set = new ArrayList<>();
        for (String constraint : CONSTRAINTS) {
            boolean empty = fields.any("guided_" + constraint) instanceof List<?> choices && choices.isEmpty();
            boolean isSet = fields.has("guided_" + constraint) && !(constraint.equals("choice") && empty);
            if (isSet || (schema && constraint.equals("json"))) {
                set.add(constraint);
            }
        }
        if (set.size() > 1) {
            throw MalformedBodyException.value(
                    "guided_" + set.getLast(),
                    "Only one guided-decoding constraint can be set; received: " + String.join(", ", set));
        }
    }

    public void streamOptionsNeedStream() throws MalformedBodyException {
        if (fields.has("stream_options") && !Boolean.TRUE.equals(fields.flag("stream"))) {
            throw refused("stream_options", "The 'stream_options' field is only allowed when 'stream' is set to true.");
        }
    }

    private static MalformedBodyException tooMany(String param, String what, int count) {
        return MalformedBodyException.value(param, "Maximum of " + STOPS_MAX + " " + what + " allowed, got " + count);
    }

    public MalformedBodyException refused(@Nullable String param, String message) {
        return MalformedBodyException.value(param, prefix + message);
    }

    private @Nullable Float number(String name) throws MalformedBodyException {
        return fields.any(name) instanceof Number number ? (Float) (float) number.doubleValue() : null;
    }

    private static String plain(float value) {
        return Float.isInfinite(value)
                ? value > 0 ? "inf" : "-inf"
                : new BigDecimal(Float.toString(value)).stripTrailingZeros().toPlainString();
    }
}
