package io.kvepp.it;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What each worker must hold, from nothing but the prompts it computed: their complete blocks.
///
/// Holds while no worker's cache overflows. Confined to one test.
final class CacheModel {
    private final int blockSize;
    private final Map<String, List<int[]>> computed = new HashMap<>();

    CacheModel(int blockSize) {
        this.blockSize = blockSize;
    }

    /// Leading blocks of a prompt that the worker holds.
    int overlapBlocks(String workerId, int[] tokenIds) {
        return computed.getOrDefault(workerId, List.of()).stream()
                .mapToInt(prompt -> sharedTokens(prompt, tokenIds) / blockSize)
                .max()
                .orElse(0);
    }

    void computed(String workerId, int[] tokenIds) {
        computed.computeIfAbsent(workerId, _ -> new ArrayList<>()).add(tokenIds);
    }

    private static int sharedTokens(int[] one, int[] other) {
        int mismatch = Arrays.mismatch(one, other);
        return mismatch < 0 ? one.length : mismatch;
    }
}
