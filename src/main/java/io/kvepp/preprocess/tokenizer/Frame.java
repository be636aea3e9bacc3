package io.kvepp.preprocess.tokenizer;

import java.util.Arrays;

/// The special tokens a post-processor puts around a text, BOS and EOS for instance.
///
/// Immutable, thread-safe.
final class Frame {
    /// Nothing around the text.
    static final Frame NONE = new Frame(new int[0], new int[0]);

    private final int[] before;
    private final int[] after;

    Frame(int[] before, int[] after) {
        this.before = before.clone();
        this.after = after.clone();
    }

    /// The ids with those of the frame.
    int[] around(int[] ids) {
        int[] framed = Arrays.copyOf(before, before.length + ids.length + after.length);
        System.arraycopy(ids, 0, framed, before.length, ids.length);
        System.arraycopy(after, 0, framed, before.length + ids.length, after.length);
        return framed;
    }

    boolean isEmpty() {
        return before.length == 0 && after.length == 0;
    }
}
