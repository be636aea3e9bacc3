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
import io.kvepp.worker.FileReference;
import io.kvepp.worker.ModelCard;
import java.time.Clock;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds the [Preprocessor] of a model card from its files.
///
/// Thread-safe. Blocks while files are read.
final class PreprocessorLoader {
    private static final String LLAMA3_DATE = "llama3_date_time";

    private final ModelFileStore files;
    private final JinjaSettings settings;
    private final Renderer renderer;

    PreprocessorLoader(ModelFileStore files, Clock clock, Renderer renderer) {
        this.files = files;
        this.renderer = renderer;
        JinjaLanguage language = renderer == Renderer.TRANSFORMERS ? JinjaLanguage.PYTHON : JinjaLanguage.MINIJINJA;
        this.settings = JinjaSettings.chat(clock, clock.getZone(), language);
    }

    Preprocessor load(ModelCard card) throws ModelLoadException {
        byte[] configBytes = read(card.files().tokenizerConfig(), "tokenizer_config.json");
        return switch (renderer) {
            case MINIJINJA -> asFrontend(card, configBytes);
            case TRANSFORMERS -> new Preprocessor(transformers(card, configBytes), tokenizer(card, configBytes));
        };
    }

    private Preprocessor asFrontend(ModelCard card, byte[] configBytes) throws ModelLoadException {
        NativeFormat family = family(card);
        ChatFormat format = family == null ? templates(card, configBytes) : family.format();
        ChatRules rules = ChatRules.of(card);
        Tokenizer tokenizer = tokenizer(card, configBytes);
        if (family == NativeFormat.KIMI_K3 && !(tokenizer instanceof SegmentTokenizer)) {
            throw new ModelLoadException(
                    Part.TOKENIZER,
                    "tokenizer: none for prompts in pieces (expected: tiktoken.model for " + family + ")");
        }
        return new Preprocessor(format, rules, tokenizer);
    }

    private ChatFormat transformers(ModelCard card, byte[] configBytes) throws ModelLoadException {
        FileReference template = card.files().chatTemplate();
        Map<String, String> sources = template == null
                ? TransformersTemplates.ofConfig(configBytes)
                : TransformersTemplates.ofFile(template.fileName(), read(template, "chat template"));
        return TransformersChat.compile(sources, TransformersTemplates.specialTokens(configBytes), settings);
    }

    private ChatFormat templates(ModelCard card, byte[] configBytes) throws ModelLoadException {
        TokenizerConfigFile config = TokenizerConfigFile.parse(configBytes);
        FileReference template = card.files().chatTemplate();
        if (template != null) {
            byte[] bytes = read(template, "chat template");
            config = config.withTemplates(TokenizerConfigFile.templateFile(template.fileName(), bytes));
        }
        ChatTemplates templates = ChatTemplates.compile(config, settings);
        return card.promptContext().contains(LLAMA3_DATE) ? templates.showingDate(settings.clock()) : templates;
    }

    private @Nullable NativeFormat family(ModelCard card) throws ModelLoadException {
        FileReference config = card.files().config();
        Object modelType = config == null
                ? null
                : TokenizerConfigFile.jsonObject(read(config, "config.json"), "config.json")
                        .get("model_type");
        return NativeFormat.of(modelType instanceof String type ? type : null, card.name());
    }

    private Tokenizer tokenizer(ModelCard card, byte[] configBytes) throws ModelLoadException {
        byte[] bytes = read(card.files().tokenizer(), "tokenizer.json");
        try {
            return TokenizerLoader.load(bytes, configBytes);
        } catch (UnsupportedTokenizerException e) {
            throw new ModelLoadException(Part.TOKENIZER, String.valueOf(e.getMessage()), e);
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
