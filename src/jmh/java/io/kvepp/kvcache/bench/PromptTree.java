package io.kvepp.kvcache.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The prompts of a [Trace] as paths of cache blocks, repeated over disjoint contents.
///
/// A trace block is [#BLOCKS_PER_ID] cache blocks. A cache block is numbered by its copy, the trace
/// block's id *and* all ids before it: the same id after another prefix is another block with the
/// same content.
///
/// Immutable.
final class PromptTree {
    static final int BLOCKS_PER_ID = 4;

    private record Edge(int parent, long id) {}

    private static final int ROOT = -1;
    private static final int PATH_BLOCKS_MAX = (1 << Short.SIZE) - 1; // depths are 16 bits in the file
    private static final long LOCAL_STREAM = 0x4C4F43414CL;
    private static final long EXTERNAL_STREAM = 0x45585445524EL;

    private final List<int[]> paths = new ArrayList<>();
    private final int[] contents;
    private final int distinctIds;
    private final int copies;
    private final long seed;

    /// Throws [IllegalArgumentException] when the copies have more blocks than an int counts.
    PromptTree(Trace trace, int copies, long seed) {
        Map<Edge, Integer> nodes = new HashMap<>();
        Map<Long, Integer> ids = new HashMap<>();
        List<Integer> contentOfNode = new ArrayList<>();
        for (long[] prompt : trace.prompts()) {
            checkLength(prompt);
            int[] path = new int[prompt.length];
            int parent = ROOT;
            for (int i = 0; i < path.length; i++) {
                Edge edge = new Edge(parent, prompt[i]);
                Integer node = nodes.get(edge);
                if (node == null) {
                    node = nodes.size();
                    nodes.put(edge, node);
                    contentOfNode.add(ids.computeIfAbsent(prompt[i], id -> ids.size()));
                }
                path[i] = node;
                parent = node;
            }
            paths.add(path);
        }
        int copiesMax = Integer.MAX_VALUE / BLOCKS_PER_ID / Math.max(1, nodes.size());
        if (copies > copiesMax) {
            throw new IllegalArgumentException(
                    "copies: " + copies + " (expected: at most " + copiesMax + " of this trace)");
        }
        this.contents = contentOfNode.stream().mapToInt(Integer::intValue).toArray();
        this.distinctIds = ids.size();
        this.copies = copies;
        this.seed = seed;
    }

    private static void checkLength(long[] prompt) {
        int idsMax = PATH_BLOCKS_MAX / BLOCKS_PER_ID;
        if (prompt.length > idsMax) {
            throw new IllegalArgumentException(
                    "hash_ids: " + prompt.length + " in one request (expected: at most " + idsMax + ")");
        }
    }

    int prompts() {
        return paths.size();
    }

    int copies() {
        return copies;
    }

    /// How many different blocks all copies have; their numbers are below it.
    int blocks() {
        return copies * contents.length * BLOCKS_PER_ID;
    }

    /// The blocks of one prompt, first to last.
    int[] path(int copy, int prompt) {
        int[] nodes = paths.get(prompt);
        int[] blocks = new int[nodes.length * BLOCKS_PER_ID];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = (copy * contents.length + nodes[i / BLOCKS_PER_ID]) * BLOCKS_PER_ID + i % BLOCKS_PER_ID;
        }
        return blocks;
    }

    /// The hash of the block's content alone.
    long localHash(int block) {
        int node = block / BLOCKS_PER_ID;
        long id = (long) node / contents.length * distinctIds + contents[node % contents.length];
        return Mix.hash(seed ^ LOCAL_STREAM, id * BLOCKS_PER_ID + block % BLOCKS_PER_ID);
    }

    /// The engine's hash of the block, the same on all workers.
    long externalHash(int block) {
        return Mix.hash(seed ^ EXTERNAL_STREAM, block);
    }

    /// The engine's hash of the block on a worker that shares its hashes with nobody.
    long externalHash(int block, int worker) {
        return Mix.hash(seed ^ EXTERNAL_STREAM, ((worker + 1L) << 32) + block);
    }
}
