package io.kvepp.kvcache;

import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/// Arrays for scores, used again once nobody reads them, so that what a look-up leaves behind does
/// not grow with the fleet.
///
/// Thread-safe.
final class ScoreArrays {
    /// Beyond, arrays are left to the garbage collector: more than decisions under way at a time.
    private static final int KEPT_MAX = 64;

    private final ArrayBlockingQueue<int[]> kept = new ArrayBlockingQueue<>(KEPT_MAX);

    /// All zeros, at least so long.
    int[] zeroed(int length) {
        int @Nullable [] array = kept.poll();
        if (array == null || array.length < length) {
            return new int[length];
        }
        Arrays.fill(array, 0);
        return array;
    }

    /// Nobody else has the array.
    void giveBack(int[] array) {
        if (array.length > 0) {
            kept.offer(array);
        }
    }
}
