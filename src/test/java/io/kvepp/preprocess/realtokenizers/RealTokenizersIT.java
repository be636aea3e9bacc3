package io.kvepp.preprocess.realtokenizers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.it.process.Project;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.TokenizerLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Token ids of real tokenizers against Hugging Face tokenizers 0.21.4. Skipped on a machine
/// without npm, where the tokenizers cannot be fetched.
class RealTokenizersIT {
    private static final int WINDOWS = 1500;
    private static final int CORPUS_WINDOWS = 2_500;
    private static final int SENTENCES = 1000;
    private static final int RANDOM_TEXTS = 20_000;

    private static Optional<HuggingFace> huggingFace = Optional.empty();

    @BeforeAll
    static void install() {
        huggingFace = HuggingFace.install();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "tokenizer-qwen2_5-3.7.2, 101",
        "tokenizer-llama3-3.7.2, 102",
        "tokenizer-deepseek_v3-3.7.2, 103",
        "tokenizer-gemma2-3.7.2, 104"
    })
    void theIdsAreThoseOfHuggingFace(String model, long seed, @TempDir Path scratch) throws Exception {
        assumeThat(huggingFace).isPresent();
        Path folder = huggingFace.orElseThrow().models().resolve(model);
        List<String> texts = texts(folder, seed, corpus(huggingFace.orElseThrow()));
        List<int[]> expected = huggingFace.orElseThrow().encode(folder, texts, scratch);
        Tokenizer tokenizer = TokenizerLoader.load(
                Files.readAllBytes(folder.resolve("tokenizer.json")),
                Files.readAllBytes(folder.resolve("tokenizer_config.json")));

        assertThat(expected).hasSameSizeAs(texts);
        List<String> different = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            if (!Arrays.equals(tokenizer.encode(texts.get(i)), expected.get(i))) {
                different.add(texts.get(i));
            }
        }
        assertThat(different).isEmpty();
    }

    /// English, code, Chinese and JSON that other people wrote.
    private static List<String> corpus(HuggingFace huggingFace) throws IOException {
        List<String> corpus = new ArrayList<>();
        for (Path file : huggingFace.texts().values()) {
            corpus.add(Files.readString(file));
        }
        return corpus;
    }

    private static List<String> texts(Path folder, long seed, List<String> corpus) throws IOException {
        JsonNode file =
                new ObjectMapper().readTree(folder.resolve("tokenizer.json").toFile());
        List<String> added = file.path("added_tokens").findValuesAsText("content");
        List<String> texts = new ArrayList<>(NaturalTexts.windows(Project.root(), seed, WINDOWS));
        texts.addAll(NaturalTexts.sentences(words(file), seed, SENTENCES));
        texts.addAll(NaturalTexts.windows(corpus, seed, CORPUS_WINDOWS));
        RandomTexts random = new RandomTexts(seed, added);
        for (int i = 0; i < RANDOM_TEXTS; i++) {
            texts.add(random.next());
        }
        texts.addAll(LongLines.of(seed, random));
        texts.addAll(EveryCodePoint.texts());
        return texts;
    }

    /// The words of the vocabulary, in the languages of the world.
    private static List<String> words(JsonNode file) {
        List<String> words = new ArrayList<>();
        file.path("model").path("vocab").fieldNames().forEachRemaining(token -> {
            String word = ByteLevelNames.decode(token);
            if (word.length() > 2 && word.codePoints().allMatch(Character::isLetter)) {
                words.add(word);
            }
        });
        return words;
    }
}
