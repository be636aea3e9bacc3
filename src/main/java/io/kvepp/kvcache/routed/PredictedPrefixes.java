package io.kvepp.kvcache.routed;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.Arrays;

/// KV events with recent decisions beside them.
///
/// A decision counts as device blocks. It is no anchor: lower tiers continue where the device
/// blocks that events told of end, and what a decision covers of them is not counted twice.
///
/// Source: Dynamo `lib/kv-router/src/services/indexer/lookup.rs`, but for the last point.
///
/// Thread-safe.
final class PredictedPrefixes implements PrefixFinder {
    private final KvIndexer indexer;
    private final RoutedBlocks decisions;

    PredictedPrefixes(KvIndexer indexer, RoutedBlocks decisions) {
        this.indexer = indexer;
        this.decisions = decisions;
    }

    @Override
    public OverlapScores findMatches(BlockHashes hashes) {
        OverlapScores predicted = decisions.findMatches(hashes);
        OverlapScores longer = longer(indexer.findMatches(hashes), predicted.deviceBlocks());
        decisions.recycle(predicted);
        return longer;
    }

    @Override
    public void recycle(OverlapScores scores) {
        indexer.recycle(scores);
    }

    @Override
    public Undo routed(WorkerWithDpRank worker, BlockHashes hashes) {
        return decisions.routed(worker, hashes);
    }

    /// Writes into `told`, which nobody else has.
    static OverlapScores longer(OverlapScores told, int[] predicted) {
        int[] device = told.deviceBlocks();
        int[] hostPinned = told.hostPinnedBlocks();
        int[] disk = told.diskBlocks();
        if (device.length < predicted.length) {
            device = Arrays.copyOf(device, predicted.length);
        }
        for (int slot = 0; slot < predicted.length; slot++) {
            int covered = predicted[slot] - device[slot];
            if (covered > 0) {
                device[slot] = predicted[slot];
                covered = take(hostPinned, slot, covered);
                take(disk, slot, covered);
            }
        }
        return new OverlapScores(device, hostPinned, disk);
    }

    /// Takes up to `count` from the slot's blocks; returns what it lacked.
    private static int take(int[] blocks, int slot, int count) {
        if (slot >= blocks.length) {
            return count;
        }
        int taken = Math.min(blocks[slot], count);
        blocks[slot] -= taken;
        return count - taken;
    }
}
