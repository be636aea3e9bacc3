package io.kvepp.kvcache.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/// A workload in the making, and its file: what both sides of the benchmark read.
///
/// All numbers are little-endian and unsigned. In this order:
///
/// - seven 64-bit numbers: [#MAGIC]; workers; requests; rows; words; expected depths; blocks that
///   all workers hold at the end, once for each worker
/// - per row, 64 bits: a block's external hash
/// - per row, 64 bits: the same block's local hash
/// - the words, 32 bits: per request the number of blocks it looks up and their rows, the number of
///   its events, and the events: worker (from 0), kind ([#STORED] or [#REMOVED]), the parent's row +
///   1 or 0 for none, the number of blocks, their rows
/// - the expected depths, 16 bits: per request and worker how many of the request's blocks the
///   worker holds from the start; or none at all
///
/// *Confined* to the generator's thread.
public final class WorkloadFile {
    static final long MAGIC = 0x314C57505045564BL;
    static final int HEADER_NUMBERS = 7;
    static final int STORED = 1;
    static final int REMOVED = 2;

    private static final int CHUNK_BYTES = 1 << 16;

    private final int workers;
    private long[] externalHashes = new long[1 << 16];
    private long[] localHashes = new long[1 << 16];
    private int rows;
    private int[] words = new int[1 << 16];
    private int wordCount;
    private short[] depths = new short[1 << 16];
    private int depthCount;
    private long requests;
    private long ownerBlocks;

    WorkloadFile(int workers) {
        this.workers = workers;
    }

    /// Names a block; returns its row.
    int row(long externalHash, long localHash) {
        if (rows == externalHashes.length) {
            externalHashes = Arrays.copyOf(externalHashes, 2 * rows);
            localHashes = Arrays.copyOf(localHashes, 2 * rows);
        }
        externalHashes[rows] = externalHash;
        localHashes[rows] = localHash;
        return rows++;
    }

    /// Begins a request: what it looks up and what it finds then.
    void request(int[] queryRows, short[] expectedDepths) {
        requests++;
        word(queryRows.length);
        words(queryRows, queryRows.length);
        if (depths.length - depthCount < expectedDepths.length) {
            depths = Arrays.copyOf(depths, Math.max(2 * depths.length, depthCount + expectedDepths.length));
        }
        System.arraycopy(expectedDepths, 0, depths, depthCount, expectedDepths.length);
        depthCount += expectedDepths.length;
    }

    /// Appends one number: the count of a request's events, once, before them.
    int word(int value) {
        room(1);
        words[wordCount] = value;
        return wordCount++;
    }

    /// Corrects a number that was appended before.
    void word(int index, int value) {
        words[index] = value;
    }

    /// Appends one event about the first `count` of `blockRows`.
    void event(int worker, int kind, int parentRow, int[] blockRows, int count) {
        word(worker);
        word(kind);
        word(parentRow + 1);
        word(count);
        words(blockRows, count);
        ownerBlocks += kind == STORED ? count : -count;
    }

    long ownerBlocks() {
        return ownerBlocks;
    }

    private void words(int[] values, int count) {
        room(count);
        System.arraycopy(values, 0, words, wordCount, count);
        wordCount += count;
    }

    private void room(int count) {
        if (words.length - wordCount < count) {
            words = Arrays.copyOf(words, Math.max(2 * words.length, wordCount + count));
        }
    }

    /// Writes everything.
    public void write(Path file) throws IOException {
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            long[] header = {MAGIC, workers, requests, rows, wordCount, depthCount, ownerBlocks};
            writeLongs(out, chunk, header, header.length);
            writeLongs(out, chunk, externalHashes, rows);
            writeLongs(out, chunk, localHashes, rows);
            for (int i = 0; i < wordCount; i++) {
                room(out, chunk, Integer.BYTES);
                chunk.putInt(words[i]);
            }
            for (int i = 0; i < depthCount; i++) {
                room(out, chunk, Short.BYTES);
                chunk.putShort(depths[i]);
            }
            room(out, chunk, CHUNK_BYTES);
        }
    }

    private static void writeLongs(FileChannel out, ByteBuffer chunk, long[] values, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            room(out, chunk, Long.BYTES);
            chunk.putLong(values[i]);
        }
    }

    /// Empties the chunk unless it has room for so many bytes.
    private static void room(FileChannel out, ByteBuffer chunk, int bytes) throws IOException {
        if (chunk.remaining() < bytes) {
            chunk.flip();
            while (chunk.hasRemaining()) {
                out.write(chunk);
            }
            chunk.clear();
        }
    }
}
