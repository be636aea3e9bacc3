package io.kvepp.preprocess.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Splits at the matches of any pattern.
///
/// Immutable, thread-safe.
final class RegexSplitter implements Splitter {
    private final Pattern pattern;
    private final SplitBehavior behavior;
    private final boolean invert;

    RegexSplitter(Pattern pattern, SplitBehavior behavior, boolean invert) {
        this.pattern = pattern;
        this.behavior = behavior;
        this.invert = invert;
    }

    @Override
    public void split(char[] text, int start, int end, PieceSink sink) {
        String piece = new String(text, start, end - start);
        Matcher matcher = pattern.matcher(piece);
        SplitBehavior.Parts parts = new SplitBehavior.Parts();
        int done = 0;
        int lastMatchEnd = -1;
        int search = 0;
        while (search <= piece.length() && matcher.find(search)) {
            if (matcher.start() == matcher.end() && matcher.end() == lastMatchEnd) {
                // As Oniguruma's iterator: no empty match right behind the last match.
                search += search < piece.length() ? Character.charCount(piece.codePointAt(search)) : 1;
                continue;
            }
            if (done != matcher.start()) {
                parts.add(matcher.start(), invert);
            }
            parts.add(matcher.end(), !invert);
            done = matcher.end();
            lastMatchEnd = done;
            search = done;
        }
        if (done != piece.length()) {
            parts.add(piece.length(), invert);
        }
        behavior.emit(parts, text, start, sink);
    }
}
