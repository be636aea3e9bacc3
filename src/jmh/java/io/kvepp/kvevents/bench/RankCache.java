package io.kvepp.kvevents.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// How many leading blocks of each prompt one rank holds.
///
/// *Confined* to the maker.
final class RankCache {
    private final int prompts;
    private final int blocksMax;
    private final Map<Integer, Integer> depths = new LinkedHashMap<>(16, 0.75f, true);
    private int blocks;
    private boolean evicting;

    RankCache(int prompts, int blocksMax) {
        this.prompts = prompts;
        this.blocksMax = blocksMax;
    }

    /// Blocks `from .. to` (exclusive) of a prompt are stored or removed.
    record Piece(int prompt, int from, int to, boolean stored) {}

    /// True from the moment the cache is full until an eighth of it is free.
    boolean isFull() {
        evicting = evicting ? blocks > blocksMax - blocksMax / 8 : blocks >= blocksMax;
        return evicting;
    }

    Piece store(SplittableRandom random, int promptBlocks, int count) {
        while (true) {
            // Some prompts are asked for more often than others.
            int prompt = Math.min(random.nextInt(prompts), random.nextInt(prompts));
            int from = depths.getOrDefault(prompt, 0);
            int to = Math.min(promptBlocks, from + count);
            if (to > from) {
                depths.put(prompt, to);
                blocks += to - from;
                return new Piece(prompt, from, to, true);
            }
        }
    }

    /// The last blocks of the prompt that was not touched for longest.
    Piece evict(int count) {
        Map.Entry<Integer, Integer> oldest = depths.entrySet().iterator().next();
        int to = oldest.getValue();
        int from = Math.max(0, to - count);
        Piece piece = new Piece(oldest.getKey(), from, to, false);
        if (from == 0) {
            depths.remove(piece.prompt());
        } else {
            oldest.setValue(from);
        }
        blocks -= to - from;
        return piece;
    }
}
