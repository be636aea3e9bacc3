package io.kvepp.inference;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ways a request gives its prompt.
///
/// JSON values in it are plain Java: `Map<String, Object>` in the order of the source,
/// `List<Object>`, `String`, `Long`, `BigInteger` (unsigned numbers above the largest long),
/// `Double`, `Boolean`, null.
///
/// Immutable as long as nobody changes the values inside, which nobody may.
public sealed interface Prompt {
    /// Messages for a chat template.
    ///
    /// - `messages`, `tools`: as the serving frontend hands them on: unknown keys gone, keys in its
    ///   order, `role` first. Never empty; `tools` is null when absent
    ///   A system message keeps tools of its own, and an assistant message its mark of being
    ///   partial: few formats know what to do with them
    /// - `toolChoice`: null when the client says nothing of it
    /// - `templateArgs`: further names for the template, with the thinking controls spelled out
    /// - `thinksByParser`: a model with a reasoning parser is to think, unless the arguments say so
    ///   already
    /// - `responseFormat`: the form of the answer, with known keys only; null when absent
    /// - `media`: some part of a message is an image, a video or audio
    /// - `given`: the chat as the client wrote it; null when it came in another form
    record Chat(
            List<Map<String, @Nullable Object>> messages,
            @Nullable List<@Nullable Object> tools,
            @Nullable ToolChoice toolChoice,
            Map<String, @Nullable Object> templateArgs,
            boolean thinksByParser,
            @Nullable Map<String, @Nullable Object> responseFormat,
            boolean addGenerationPrompt,
            boolean continueFinalMessage,
            boolean media,
            @Nullable GivenChat given)
            implements Prompt {
        /// A chat that names no function to call and asks for no form of the answer.
        public Chat(
                List<Map<String, @Nullable Object>> messages,
                @Nullable List<@Nullable Object> tools,
                boolean toolChoiceNone,
                Map<String, @Nullable Object> templateArgs,
                boolean addGenerationPrompt,
                boolean continueFinalMessage,
                boolean media) {
            ToolChoice choice = toolChoiceNone ? ToolChoice.of(ToolChoice.Kind.NONE) : null;
            this(
                    messages,
                    tools,
                    choice,
                    templateArgs,
                    false,
                    null,
                    addGenerationPrompt,
                    continueFinalMessage,
                    media,
                    null);
        }

        /// The same chat with other messages, in both forms.
        public Chat withMessages(List<Map<String, @Nullable Object>> others, @Nullable GivenChat otherGiven) {
            return new Chat(
                    others,
                    tools,
                    toolChoice,
                    templateArgs,
                    thinksByParser,
                    responseFormat,
                    addGenerationPrompt,
                    continueFinalMessage,
                    media,
                    otherGiven);
        }

        /// Whether the client forbids tool calls.
        public boolean toolChoiceNone() {
            return toolChoice != null && toolChoice.kind() == ToolChoice.Kind.NONE;
        }
    }

    /// A chat as it stands in the body: every key, in the client's order, nothing checked.
    record GivenChat(
            List<Map<String, @Nullable Object>> messages,
            @Nullable List<@Nullable Object> tools,
            Map<String, @Nullable Object> templateArgs) {}

    record Text(String text) implements Prompt {}

    /// Several prompts in one request, answered independently.
    record Texts(List<String> texts) implements Prompt {
        public Texts {
            texts = List.copyOf(texts);
        }
    }

    /// Texts to embed, each for itself.
    ///
    /// - `specialTokens`: whether the model's own tokens are put around each
    /// - `truncation`: how many tokens of each are kept, [#TO_CONTEXT] for as many as the model
    ///   takes; null for all
    record EmbeddedTexts(
            List<String> texts,
            boolean specialTokens,
            @Nullable Long truncation) implements Prompt {
        public static final long TO_CONTEXT = -1;

        public EmbeddedTexts {
            texts = List.copyOf(texts);
        }
    }

    /// Ids are unsigned 32 bit. The array is not copied and must not be changed.
    record TokenIds(int[] tokenIds) implements Prompt {}

    /// Several prompts in one request, answered independently.
    record TokenIdLists(List<int[]> lists) implements Prompt {
        public TokenIdLists {
            lists = List.copyOf(lists);
        }
    }
}
