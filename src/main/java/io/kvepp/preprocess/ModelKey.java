package io.kvepp.preprocess;

import io.kvepp.worker.FileReference;
import io.kvepp.worker.ModelCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What makes two cards prepare prompts alike: the content of the files and the rules of the card.
/// A file is its checksum; one without is its path.
///
/// Immutable.
record ModelKey(
        String name,
        @Nullable String config,
        @Nullable String tokenizer,
        @Nullable String tokenizerConfig,
        @Nullable String chatTemplate,
        boolean dropsTools,
        @Nullable String reasoningParser,
        @Nullable String toolCallParser,
        @Nullable String toolCallArgumentsFormat,
        @Nullable String defaultThinkingMode,
        List<String> promptContext) {
    static ModelKey of(ModelCard card) {
        return new ModelKey(
                card.name(),
                content(card.files().config()),
                content(card.files().tokenizer()),
                content(card.files().tokenizerConfig()),
                content(card.files().chatTemplate()),
                card.excludeToolsWhenToolChoiceNone(),
                card.reasoningParser(),
                card.toolCallParser(),
                card.toolCallArgumentsFormat(),
                card.defaultThinkingMode(),
                card.promptContext());
    }

    private static @Nullable String content(@Nullable FileReference file) {
        if (file == null) {
            return null;
        }
        return file.checksum() == null ? file.path() : file.checksum();
    }
}
