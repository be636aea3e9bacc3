package io.kvepp.preprocess;

import org.jspecify.annotations.Nullable;

/// What is not worth tokenizing: such a prompt fits no model, and merging one endless word would take
/// memory many times its size.
final class PromptLimits {
    static final int PROMPT_CHARS_MAX = 16 << 20;

    /// Characters in a row without white space, or of white space alone.
    static final int RUN_CHARS_MAX = 1 << 20;

    private PromptLimits() {}

    /// Which limit the text exceeds, for the operator; null when none.
    static @Nullable String tooLong(String text) {
        if (text.length() <= RUN_CHARS_MAX) {
            return null;
        }
        if (text.length() > PROMPT_CHARS_MAX) {
            return "prompt: more than " + PROMPT_CHARS_MAX + " characters";
        }
        return longestRun(text) > RUN_CHARS_MAX ? "prompt: a word of more than " + RUN_CHARS_MAX + " characters" : null;
    }

    private static int longestRun(String text) {
        int longest = 0;
        int start = 0;
        boolean blank = Character.isWhitespace(text.charAt(0));
        for (int i = 1; i < text.length(); i++) {
            boolean now = Character.isWhitespace(text.charAt(i));
            if (now != blank) {
                longest = Math.max(longest, i - start);
                start = i;
                blank = now;
            }
        }
        return Math.max(longest, text.length() - start);
    }
}
