package io.kvepp.preprocess.tokenizer;

import java.util.function.IntPredicate;

/// Splits at code points of some kind, each of which is a match of its own.
///
/// Immutable, thread-safe.
final class CodePointSplitter implements Splitter {
    private final IntPredicate matches;
    private final SplitBehavior behavior;

    CodePointSplitter(IntPredicate matches, SplitBehavior behavior) {
        this.matches = matches;
        this.behavior = behavior;
    }

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        SplitBehavior.Parts parts = new SplitBehavior.Parts();
        int done = start;
        int i = start;
        while (i < end) {
            int next = i + CharClasses.width(text, i);
            if (matches.test(Character.codePointAt(text, i))) {
                if (done < i) {
                    parts.add(i - start, false);
                }
                parts.add(next - start, true);
                done = next;
            }
            i = next;
        }
        if (done < end) {
            parts.add(end - start, false);
        }
        behavior.emit(parts, text, start, sink);
    }
}
