package io.kvepp.preprocess.realtokenizers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Json;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.TokenizerLoader;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokenizers of random parts (normalizers, pre-tokenizers, models, added tokens with random flags)
/// against Hugging Face tokenizers 0.21.4: each is served with its ids or refused. Skipped on a
/// machine without npm.
class RandomConfigurationsIT {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int SEED = 20_261;
    private static final int CONFIGURATIONS = 600;
    private static final int TEXTS = 20;

    /// The others have a pattern, or a prefix behind something, that is not served here.
    private static final double SERVED_MIN = 0.9;

    @Test
    void eachIsServedWithTheIdsOfHuggingFaceOrRefused(@TempDir Path scratch) throws Exception {
        Optional<HuggingFace> huggingFace = HuggingFace.install();
        assumeThat(huggingFace).isPresent();
        Path file = huggingFace.orElseThrow().randomConfigurations(SEED, CONFIGURATIONS, TEXTS, scratch);
        int served = 0;
        List<String> different = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode sample = MAPPER.readTree(line);
                Tokenizer tokenizer = load(sample.path("config"));
                if (tokenizer != null) {
                    served++;
                    compare(tokenizer, sample, different);
                }
            }
        }
        assertThat(served).isGreaterThan((int) (SERVED_MIN * CONFIGURATIONS));
        assertThat(different).isEmpty();
    }

    private static @Nullable Tokenizer load(JsonNode config) throws Exception {
        try {
            return TokenizerLoader.load(MAPPER.writeValueAsBytes(config), null);
        } catch (UnsupportedTokenizerException e) {
            return null;
        }
    }

    private static void compare(Tokenizer tokenizer, JsonNode sample, List<String> different) {
        for (int i = 0; i < sample.path("texts").size(); i++) {
            String text = sample.path("texts").get(i).textValue();
            int[] expected = Json.ints(sample.path("ids").get(i));
            boolean same = Arrays.equals(tokenizer.encode(text), expected);
            int[] fromCaches = tokenizer.encode(text);
            if (!same || !Arrays.equals(fromCaches, expected)) {
                different.add(text + " with " + withoutModel(sample));
            }
        }
        String first = sample.path("texts").get(0).textValue();
        if (!Arrays.equals(tokenizer.encodeFramed(first), Json.ints(sample.path("framed")))) {
            different.add(first + " framed, with " + withoutModel(sample));
        }
    }

    private static JsonNode withoutModel(JsonNode sample) {
        return sample.path("config").<ObjectNode>deepCopy().without("model");
    }
}
