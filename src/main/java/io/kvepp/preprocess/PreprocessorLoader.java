package io.kvepp.preprocess;

import io.kvepp.modelfiles.ModelFileException;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.preprocess.ModelLoadException.Part;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.tokenizer.SegmentTokenizer;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.TokenizerLoader;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import io.kvepp.preprocess.tokenizer.huggingface.HuggingFaceLoader;
import io.kvepp.worker.FileReference;
import io.kvepp.worker.ModelCard;
import java.time.Clock;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds the [Preprocessor] of a model card from its files.
///
/// Thread-safe. Blocks while files are read.
final class PreprocessorLoader {
    private final ModelFileStore files;
    private final JinjaSettings settings;
    private final boolean nativeTokenizer;

    PreprocessorLoader(ModelFileStore files, Clock clock, boolean nativeTokenizer) {
        this.files = files;
        this.nativeTokenizer = nativeTokenizer;
        this.settings = JinjaSettings.chat(clock, clock.getZone());
    }

    Preprocessor load(ModelCard card) throws ModelLoadException {
        byte[] configBytes = read(card.files().tokenizerConfig(), "tokenizer_config.json");
        Map<String, @Nullable Object> modelConfig = modelConfig(card);
        NativeFormat family = NativeFormat.of(modelType(modelConfig), card.name());
        ChatFormat format = family == null ? templates(card, configBytes) : family.format();
        ChatRules rules = ChatRules.of(card);
        Tokenizer tokenizer = tokenizer(card, configBytes, modelType(modelConfig));
        if (family == NativeFormat.KIMI_K3 && !(tokenizer instanceof SegmentTokenizer)) {
            throw new ModelLoadException(
                    Part.TOKENIZER,
                    "tokenizer: none for prompts in pieces (expected: tiktoken.model for " + family + ")");
        }
        int tokenIdBound = Math.max(vocabularySize(modelConfig), tokenizer.vocabularySize());
        return new Preprocessor(format, rules, tokenizer, tokenIdBound);
    }

    private ChatFormat templates(ModelCard card, byte[] configBytes) throws ModelLoadException {
        TokenizerConfigFile config = TokenizerConfigFile.parse(configBytes);
        FileReference template = card.files().chatTemplate();
        if (template != null) {
            byte[] bytes = read(template, "chat template");
            config = config.withTemplates(TokenizerConfigFile.templateFile(template.fileName(), bytes));
        }
        return ChatTemplates.compile(config, settings);
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
            return HuggingFaceLoader.load(bytes, configBytes);
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
