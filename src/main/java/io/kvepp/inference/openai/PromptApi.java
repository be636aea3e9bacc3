package io.kvepp.inference.openai;

import com.fasterxml.jackson.core.JsonParser;
import io.kvepp.inference.Prompt;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One API: which top-level fields it reads and how they make a prompt.
///
/// Implementations are immutable.
interface PromptApi {
    /// The top-level fields to keep.
    Set<String> fields();

    /// Reads the value of a kept field, which starts at the parser's current token.
    @Nullable
    Object read(String field, JsonParser parser) throws IOException, MalformedBodyException;

    Prompt prompt(Map<String, @Nullable Object> fields) throws MalformedBodyException, UnsupportedBodyException;

    /// The longest answer asked for, -1 when absent.
    int maxTokens(Map<String, @Nullable Object> fields);
}
