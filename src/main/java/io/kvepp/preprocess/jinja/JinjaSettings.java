package io.kvepp.preprocess.jinja;

import java.time.InstantSource;
import java.time.ZoneId;

/// Whitespace rules, limits and clock of a template.
///
/// - `trimBlocks`: the first newline after a block tag is removed.
/// - `lstripBlocks`: whitespace before a block tag on its line is removed.
/// - `keepTrailingNewline`: one newline at the very end of the template is kept.
/// - `outputCharsMax`: characters of output, and of any one string a template builds.
/// - `loopIterationsMax`: iterations of all loops, filters and built lists of one render together.
/// - `recursionDepthMax`: depth of macro calls and recursive loops.
/// - `clock`, `zone`: what `strftime_now` reads.
/// - `language`: whose meaning the template has.
///
/// Immutable.
public record JinjaSettings(
        boolean trimBlocks,
        boolean lstripBlocks,
        boolean keepTrailingNewline,
        int outputCharsMax,
        int loopIterationsMax,
        int recursionDepthMax,
        InstantSource clock,
        ZoneId zone,
        JinjaLanguage language) {

    static final int OUTPUT_CHARS_MAX_DEFAULT = 32 << 20;
    static final int LOOP_ITERATIONS_MAX_DEFAULT = 5_000_000;
    static final int RECURSION_DEPTH_MAX_DEFAULT = 500;

    public JinjaSettings {
        check(outputCharsMax > 0, "outputCharsMax", outputCharsMax);
        check(loopIterationsMax > 0, "loopIterationsMax", loopIterationsMax);
        check(recursionDepthMax > 0, "recursionDepthMax", recursionDepthMax);
    }

    /// What chat templates are written for, as minijinja renders them: trimmed blocks, no trailing
    /// newline.
    public static JinjaSettings chat(InstantSource clock, ZoneId zone) {
        return chat(clock, zone, JinjaLanguage.MINIJINJA);
    }

    /// What chat templates are written for: trimmed blocks, no trailing newline.
    public static JinjaSettings chat(InstantSource clock, ZoneId zone, JinjaLanguage language) {
        return new JinjaSettings(
                true,
                true,
                false,
                OUTPUT_CHARS_MAX_DEFAULT,
                LOOP_ITERATIONS_MAX_DEFAULT,
                RECURSION_DEPTH_MAX_DEFAULT,
                clock,
                zone,
                language);
    }

    private static void check(boolean valid, String name, int value) {
        if (!valid) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
        }
    }
}
