package io.kvepp.preprocess;

import io.kvepp.modelfiles.ModelFileException;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.preprocess.ModelLoadException.Part;
import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.TokenizerLoader;
import io.kvepp.preprocess.tokenizer.UnsupportedTokenizerException;
import io.kvepp.preprocess.tokenizer.huggingface.HuggingFaceLoader;
import io.kvepp.worker.FileReference;
import io.kvepp.worker.ModelCard;
import java.time.Clock;
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
        String modelType = modelType(card);
        checkFormat(card, modelType);
        byte[] configBytes = read(card.files().tokenizerConfig(), "tokenizer_config.json");
        TokenizerConfigFile config = TokenizerConfigFile.parse(configBytes);
        FileReference template = card.files().chatTemplate();
        if (template != null) {
            byte[] bytes = read(template, "chat template");
            config = config.withTemplates(TokenizerConfigFile.templateFile(template.fileName(), bytes));
        }
        ChatTemplates templates = ChatTemplates.compile(config, settings);
        ChatRules rules = ChatRules.of(card);
        return new Preprocessor(templates, rules, tokenizer(card, configBytes, modelType));
    }

    private static void checkFormat(ModelCard card, @Nullable String modelType) throws ModelLoadException {
        String family = NativeFormat.of(modelType, card.name());
        if (family != null) {
            throw new ModelLoadException(
                    Part.TEMPLATE, "prompt format: " + family + " (expected: a model with a chat template)");
        }
    }

    private @Nullable String modelType(ModelCard card) throws ModelLoadException {
        FileReference config = card.files().config();
        return config != null
                        && TokenizerConfigFile.jsonObject(read(config, "config.json"), "config.json")
                                        .get("model_type")
                                instanceof String type
                ? type
                : null;
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
