package io.kvepp.kvcache;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Turns token ids into the hashes Dynamo's KV router uses.
///
/// - local block hash: XXH3-64, seeded, over the block's ids as little-endian 32-bit numbers;
///   complete blocks only
/// - sequence hash: the first equals the first local hash; each next is XXH3-64 with seed 1337 over
///   parent and local hash, both little-endian
/// - the seed is 1337, plus XXH3-64(LoRA name, 0), plus XXH3-64(cache salt, 1), wrapping; empty
///   names count as absent
/// - Eagle workers hash a window of one token more than the block, with the block as stride
///
/// Source: Dynamo `lib/kv-router/protocols`, `lib/kv-hashing/salt`, `lib/tokens`.
///
/// Immutable, thread-safe. One instance per (block size, LoRA name, cache salt, Eagle).
public final class BlockHasher {
    static final long SEED = 1337;

    private static final VarHandle INT_LE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_LE =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final Hasher64 CHAIN = Hashing.xxh3_64(SEED);

    private final int blockSizeTokens;
    private final int windowTokens;
    private final Hasher64 blocks;
    private final Cut cut;

    /// What makes two hashers give the same hashes.
    record Cut(int blockSizeTokens, int windowTokens, long seed) {
        /// Complete blocks of so many tokens.
        int blocks(int tokens) {
            return tokens < windowTokens ? 0 : (tokens - windowTokens) / blockSizeTokens + 1;
        }
    }

    public BlockHasher(int blockSizeTokens, @Nullable String loraName, @Nullable String cacheSalt, boolean eagle) {
        if (blockSizeTokens <= 0) {
            throw new IllegalArgumentException("blockSizeTokens: " + blockSizeTokens + " (expected: > 0)");
        }
        this.blockSizeTokens = blockSizeTokens;
        windowTokens = eagle ? blockSizeTokens + 1 : blockSizeTokens;
        long seed = SEED + seedOf(loraName, 0) + seedOf(cacheSalt, 1);
        blocks = seed == SEED ? CHAIN : Hashing.xxh3_64(seed);
        cut = new Cut(blockSizeTokens, windowTokens, seed);
    }

    Cut cut() {
        return cut;
    }

    public BlockHashes hash(int[] tokenIds) {
        int count = cut.blocks(tokenIds.length);
        BlockHashes hashes = new BlockHashes(new long[count], new long[count], blockSizeTokens);
        hashFrom(0, tokenIds, hashes);
        return hashes;
    }

    /// Completes the hashes of a prompt whose first blocks' are there.
    void hashFrom(int firstBlock, int[] tokenIds, BlockHashes hashes) {
        long[] local = hashes.local();
        long[] sequence = hashes.sequence();
        byte[] window = new byte[windowTokens * Integer.BYTES];
        for (int block = firstBlock; block < local.length; block++) {
            int first = block * blockSizeTokens;
            for (int i = 0; i < windowTokens; i++) {
                INT_LE.set(window, i * Integer.BYTES, tokenIds[first + i]);
            }
            local[block] = blocks.hashBytesToLong(window);
            sequence[block] = block == 0 ? local[0] : next(sequence[block - 1], local[block]);
        }
    }

    /// The local hashes of the first `blocks` blocks of token ids, which stand one after another in
    /// `ids` as little-endian 32-bit numbers.
    public long[] localHashes(byte[] ids, int blocks) {
        long[] hashes = new long[blocks];
        for (int block = 0; block < blocks; block++) {
            hashes[block] = this.blocks.hashBytesToLong(
                    ids, block * blockSizeTokens * Integer.BYTES, windowTokens * Integer.BYTES);
        }
        return hashes;
    }

    /// The local hash of one block of such ids in which these media objects stand: over its ids, then
    /// the objects in ascending unsigned order.
    public long localHash(byte[] ids, int block, long[] objects) {
        byte[] window = new byte[windowTokens * Integer.BYTES + objects.length * Long.BYTES];
        System.arraycopy(ids, block * blockSizeTokens * Integer.BYTES, window, 0, windowTokens * Integer.BYTES);
        long[] sorted = Arrays.stream(objects)
                .boxed()
                .sorted(Long::compareUnsigned)
                .mapToLong(Long::longValue)
                .toArray();
        for (int i = 0; i < sorted.length; i++) {
            LONG_LE.set(window, windowTokens * Integer.BYTES + i * Long.BYTES, sorted[i]);
        }
        return blocks.hashBytesToLong(window);
    }

    /// The sequence hash of a block that follows `parent`.
    public static long next(long parent, long local) {
        return CHAIN.hashLongLongToLong(parent, local);
    }

    private static long seedOf(@Nullable String name, long seed) {
        return name == null || name.isEmpty()
                ? 0
                : Hashing.xxh3_64(seed).hashBytesToLong(name.getBytes(StandardCharsets.UTF_8));
    }
}
