package io.kvepp.preprocess;

import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.PromptProfile;
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
        PromptProfile prompt) {
    static ModelKey of(ModelCard card) {
        return new ModelKey(
                card.name(),
                content(card.files().config()),
                content(card.files().tokenizer()),
                content(card.files().tokenizerConfig()),
                content(card.files().chatTemplate()),
                card.prompt());
    }

    private static @Nullable String content(@Nullable FileReference file) {
        if (file == null) {
            return null;
        }
        return file.checksum() == null ? file.path() : file.checksum();
    }
}
