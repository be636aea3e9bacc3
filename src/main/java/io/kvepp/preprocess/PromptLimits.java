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
        return hasEndlessRun(text) ? "prompt: a word of more than " + RUN_CHARS_MAX + " characters" : null;
    }

    /// A run that is too long reaches over one of the places that are as far apart as runs may be
    /// long.
    private static boolean hasEndlessRun(String text) {
        for (int place = 0; place < text.length(); place += RUN_CHARS_MAX) {
            if (runOver(text, place) > RUN_CHARS_MAX) {
                return true;
            }
        }
        return false;
    }

    private static int runOver(String text, int place) {
        boolean blank = Character.isWhitespace(text.charAt(place));
        int start = place;
        while (start > 0 && Character.isWhitespace(text.charAt(start - 1)) == blank) {
            start--;
        }
        int end = place + 1;
        while (end < text.length() && Character.isWhitespace(text.charAt(end)) == blank) {
            end++;
        }
        return end - start;
    }
}
