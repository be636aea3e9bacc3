package io.kvepp.worker.card;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The files a model card points to; null where the card names none.
///
/// - `tokenizer`: `tokenizer.json`, or a tiktoken file of any other name; null also when the card's
///   tokenizer is of another kind
/// - `chatTemplate`: `chat_template.jinja` or `chat_template.json`, which wins over the template in
///   `tokenizerConfig`
/// - `extra`: sibling files of the model
///
/// Immutable.
public record ModelFiles(
        @Nullable FileReference config,
        @Nullable FileReference tokenizer,
        @Nullable FileReference tokenizerConfig,
        @Nullable FileReference chatTemplate,
        List<FileReference> extra) {
    public static final ModelFiles NONE = new ModelFiles(null, null, null, null, List.of());

    public ModelFiles {
        extra = List.copyOf(extra);
    }
}
