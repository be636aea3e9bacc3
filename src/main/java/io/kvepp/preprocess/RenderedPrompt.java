package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.List;

/// A prompt as text, in the pieces that are tokenized one by one.
///
/// Immutable.
record RenderedPrompt(List<Segment> segments) {
    /// A piece of a prompt. `special`: what looks like a special token in it is one; in any other
    /// piece it is text.
    record Segment(String text, boolean special) {}

    RenderedPrompt {
        segments = List.copyOf(segments);
    }

    /// A prompt of one piece, in which special tokens count wherever they stand.
    static RenderedPrompt of(String text) {
        return new RenderedPrompt(List.of(new Segment(text, true)));
    }

    String text() {
        if (segments.size() == 1) {
            return segments.getFirst().text();
        }
        StringBuilder text = new StringBuilder();
        for (Segment segment : segments) {
            text.append(segment.text());
        }
        return text.toString();
    }

    /// The first `chars` characters.
    RenderedPrompt truncated(int chars) {
        List<Segment> kept = new ArrayList<>();
        int left = chars;
        for (Segment segment : segments) {
            int length = Math.min(left, segment.text().length());
            if (length > 0) {
                kept.add(new Segment(segment.text().substring(0, length), segment.special()));
            }
            left -= length;
        }
        return new RenderedPrompt(kept);
    }
}
