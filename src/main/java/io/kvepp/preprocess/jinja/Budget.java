package io.kvepp.preprocess.jinja;

/// What one render may still spend, so that no template and no context can hang the caller or fill
/// its memory.
///
/// Confined to one render.
final class Budget {
    /// Strings built on the way (concatenations, captures) may sum up to this many outputs.
    private static final int BUILT_OUTPUTS_MAX = 4;

    /// Characters scanned, copied or compared that cost as much as one loop iteration.
    private static final int CHARS_PER_STEP = 64;

    /// List items copied that cost as much as one loop iteration.
    private static final int ITEMS_PER_STEP = 8;

    /// Depth of nested lists and maps that is printed, compared or serialized.
    static final int VALUE_DEPTH_MAX = 256;

    private final JinjaSettings settings;
    private long stepsLeft;
    private long builtCharsLeft;

    Budget(JinjaSettings settings) {
        this.settings = settings;
        this.stepsLeft = settings.loopIterationsMax();
        this.builtCharsLeft = (long) settings.outputCharsMax() * BUILT_OUTPUTS_MAX;
    }

    int outputCharsMax() {
        return settings.outputCharsMax();
    }

    /// Spends loop iterations.
    void steps(long steps) throws JinjaRenderException {
        stepsLeft -= steps;
        if (stepsLeft < 0) {
            throw JinjaRenderException.limit(
                    "loop iterations: too many (expected: at most " + settings.loopIterationsMax() + " in one render)");
        }
    }

    /// Spends what looking through `chars` characters costs.
    void scan(long chars) throws JinjaRenderException {
        if (chars >= CHARS_PER_STEP) {
            steps(chars / CHARS_PER_STEP);
        }
    }

    /// Spends what a new list of `items` items costs.
    void items(long items) throws JinjaRenderException {
        steps(items / ITEMS_PER_STEP + 1);
    }

    /// Spends what a new string of `chars` characters costs; called before it is built.
    void build(long chars) throws JinjaRenderException {
        builtCharsLeft -= chars;
        if (chars > settings.outputCharsMax() || builtCharsLeft < 0) {
            throw tooLong();
        }
    }

    /// Refuses text of more than the largest output.
    void checkLength(long chars) throws JinjaRenderException {
        if (chars > settings.outputCharsMax()) {
            throw tooLong();
        }
    }

    /// Refuses values nested deeper than can be walked.
    static void checkDepth(int depth) throws JinjaRenderException {
        if (depth > VALUE_DEPTH_MAX) {
            throw JinjaRenderException.limit(
                    "value: nested too deeply (expected: at most " + VALUE_DEPTH_MAX + " levels)");
        }
    }

    private JinjaRenderException tooLong() {
        return JinjaRenderException.limit(
                "output: too long (expected: at most " + settings.outputCharsMax() + " characters)");
    }
}
