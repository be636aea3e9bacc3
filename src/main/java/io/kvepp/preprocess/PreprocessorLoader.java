package io.kvepp.preprocess;

import io.kvepp.modelfiles.ModelFileException;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.preprocess.ModelLoadException.Part;
import io.kvepp.preprocess.jinja.JinjaLanguage;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.tokenizer.SegmentTokenizer;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.TokenizerLoader;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import io.kvepp.preprocess.tokenizer.huggingface.HuggingFaceLoader;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.Renderer;
import java.time.Clock;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds the [Preprocessor] of a model card from its files.
///
/// Thread-safe. Blocks while files are read.
final class PreprocessorLoader {
    private static final String LLAMA3_DATE = "llama3_date_time";

    private final ModelFileStore files;
    private final JinjaSettings minijinja;
    private final JinjaSettings jinja2;
    private final boolean nativeTokenizer;
    private final Renderer renderer;

    /// @param renderer whose rules turn chats into text unless the card says so
    PreprocessorLoader(ModelFileStore files, Clock clock, boolean nativeTokenizer, Renderer renderer) {
        this.files = files;
        this.nativeTokenizer = nativeTokenizer;
        this.renderer = renderer;
        minijinja = JinjaSettings.chat(clock, clock.getZone(), JinjaLanguage.MINIJINJA);
        jinja2 = JinjaSettings.chat(clock, clock.getZone(), JinjaLanguage.PYTHON);
    }

    Preprocessor load(ModelCard card) throws ModelLoadException {
        byte[] configBytes = read(card.files().tokenizerConfig(), "tokenizer_config.json");
        Map<String, @Nullable Object> modelConfig = modelConfig(card);
        Tokenizer tokenizer = tokenizer(card, configBytes, modelType(modelConfig));
        ModelBounds bounds = new ModelBounds(
                Math.max(vocabularySize(modelConfig), tokenizer.vocabularySize()),
                card.limits().contextLengthTokens());
        Renderer own = card.prompt().renderer();
        return switch (own == null ? renderer : own) {
            case MINIJINJA ->
                new Preprocessor(
                        asFrontend(card, configBytes, modelType(modelConfig), tokenizer),
                        ChatRules.of(card.prompt()),
                        tokenizer,
                        bounds);
            case TRANSFORMERS -> new Preprocessor(transformers(card, configBytes), tokenizer, bounds);
        };
    }

    private ChatFormat asFrontend(ModelCard card, byte[] configBytes, @Nullable String modelType, Tokenizer tokenizer)
            throws ModelLoadException {
        NativeFormat family = NativeFormat.of(modelType, card.name());
        if (family == NativeFormat.KIMI_K3 && !(tokenizer instanceof SegmentTokenizer)) {
            throw new ModelLoadException(
                    Part.TOKENIZER,
                    "tokenizer: none for prompts in pieces (expected: tiktoken.model for " + family + ")");
        }
        return family == null ? templates(card, configBytes) : family.format();
    }

    private ChatFormat transformers(ModelCard card, byte[] configBytes) throws ModelLoadException {
        FileReference template = card.files().chatTemplate();
        Map<String, String> sources = template == null
                ? TransformersTemplates.ofConfig(configBytes)
                : TransformersTemplates.ofFile(template.fileName(), read(template, "chat template"));
        return TransformersChat.compile(sources, TransformersTemplates.specialTokens(configBytes), jinja2);
    }

    private ChatFormat templates(ModelCard card, byte[] configBytes) throws ModelLoadException {
        TokenizerConfigFile config = TokenizerConfigFile.parse(configBytes);
        FileReference template = card.files().chatTemplate();
        if (template != null) {
            byte[] bytes = read(template, "chat template");
            config = config.withTemplates(TokenizerConfigFile.templateFile(template.fileName(), bytes));
        }
        ChatTemplates templates = ChatTemplates.compile(config, minijinja);
        return card.prompt().context().contains(LLAMA3_DATE) ? templates.showingDate(minijinja.clock()) : templates;
    }

    /// What `config.json` says, nothing when the card names no such file.
    private Map<String, @Nullable Object> modelConfig(ModelCard card) throws ModelLoadException {
        FileReference config = card.files().config();
        return config == null ? Map.of() : TokenizerConfigFile.jsonObject(read(config, "config.json"), "config.json");
    }

    private static @Nullable String modelType(Map<String, @Nullable Object> modelConfig) {
        return modelConfig.get("model_type") instanceof String type ? type : null;
    }

    /// The larger of the model's own and the one of its language part; 0 when neither is there.
    private static int vocabularySize(Map<String, @Nullable Object> modelConfig) {
        Map<String, @Nullable Object> text = Json.object(modelConfig.get("text_config"));
        int inner = text == null ? 0 : size(text.get("vocab_size"));
        return Math.max(inner, size(modelConfig.get("vocab_size")));
    }

    private static int size(@Nullable Object value) {
        return value instanceof Long size ? Math.clamp(size, 0, Integer.MAX_VALUE) : 0;
    }

    private Tokenizer tokenizer(ModelCard card, byte[] configBytes, @Nullable String modelType)
            throws ModelLoadException {
        FileReference file = card.files().tokenizer();
        byte[] bytes = read(file, "tokenizer.json");
        try {
            return file != null && file.fileName().endsWith(".json")
                    ? huggingFace(bytes, configBytes)
                    : TokenizerLoader.loadTiktoken(bytes, configBytes, modelType);
        } catch (UnsupportedTokenizerException e) {
            throw new ModelLoadException(Part.TOKENIZER, String.valueOf(e.getMessage()), e);
        }
    }

    private Tokenizer huggingFace(byte[] bytes, byte[] configBytes) throws UnsupportedTokenizerException {
        try {
            return TokenizerLoader.load(bytes, configBytes);
        } catch (UnsupportedTokenizerException e) {
            if (!nativeTokenizer) {
                throw e;
            }
            return asHuggingFace(bytes, configBytes, String.valueOf(e.getMessage()));
        }
    }

    /// What is read here by none is told with the reasons of both.
    private static Tokenizer asHuggingFace(byte[] bytes, byte[] configBytes, String otherwise)
            throws UnsupportedTokenizerException {
        try {
            return HuggingFaceLoader.load(bytes, configBytes);
        } catch (UnsupportedTokenizerException e) {
            throw new UnsupportedTokenizerException(otherwise + "; as Hugging Face reads it, " + e.getMessage());
        }
    }

    private byte[] read(@Nullable FileReference file, String what) throws ModelLoadException {
        if (file == null) {
            throw new ModelLoadException(Part.FILES, what + ": not named by the model card (expected: a file)");
        }
        try {
            return files.read(file);
        } catch (ModelFileException e) {
            throw new ModelLoadException(Part.FILES, String.valueOf(e.getMessage()), e);
        }
    }
}
