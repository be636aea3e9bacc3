package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// What a split does with matches and with the text between them.
///
/// Source: Hugging Face tokenizers 0.21.4, `normalizer.rs`, `split`.
enum SplitBehavior {
    /// Matches and gaps are pieces.
    ISOLATED,
    /// Gaps are pieces, matches go.
    REMOVED,
    /// A match belongs to the gap before it; of adjacent matches the even ones stand alone.
    MERGED_WITH_PREVIOUS,
    /// A match belongs to the gap behind it.
    MERGED_WITH_NEXT,
    /// Adjacent matches are one piece.
    CONTIGUOUS;

    /// Parts of a text, in order and without holes, each a match or a gap.
    static final class Parts {
        private int[] ends = new int[16];
        private boolean[] matches = new boolean[16];
        private int size;

        void add(int end, boolean match) {
            if (size == ends.length) {
                ends = Arrays.copyOf(ends, 2 * size);
                matches = Arrays.copyOf(matches, 2 * size);
            }
            ends[size] = end;
            matches[size++] = match;
        }
    }

    /// Sends the pieces of `text` from `start` on; the ends in `parts` are relative to `start`.
    void emit(Parts parts, char[] text, int start, PieceSink sink) {
        int from = start;
        int last = parts.size - 1;
        boolean[] startsHere = this == MERGED_WITH_NEXT ? mergedWithNext(parts) : merged(parts);
        for (int i = 0; i <= last; i++) {
            int end = start + parts.ends[i];
            boolean dropped = this == REMOVED && parts.matches[i];
            if (dropped) {
                from = end;
            } else if (i == last || startsHere[i + 1]) {
                if (from < end) {
                    sink.piece(text, from, end);
                }
                from = end;
            }
        }
    }

    /// Which parts start a piece, for the behaviours that look back.
    private boolean[] merged(Parts parts) {
        boolean[] starts = new boolean[parts.size];
        boolean previous = false;
        for (int i = 0; i < parts.size; i++) {
            boolean match = parts.matches[i];
            starts[i] = switch (this) {
                case ISOLATED, REMOVED, MERGED_WITH_NEXT -> true;
                case CONTIGUOUS -> i == 0 || match != previous;
                case MERGED_WITH_PREVIOUS -> i == 0 || !match || previous;
            };
            previous = match;
        }
        return starts;
    }

    private static boolean[] mergedWithNext(Parts parts) {
        boolean[] starts = new boolean[parts.size];
        boolean previous = false;
        for (int i = parts.size - 1; i >= 0; i--) {
            boolean match = parts.matches[i];
            starts[i] = true;
            if (match && !previous && i + 1 < parts.size) {
                starts[i + 1] = false;
            }
            previous = match;
        }
        return starts;
    }
}
