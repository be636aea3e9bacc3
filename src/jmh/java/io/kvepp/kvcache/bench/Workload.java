package io.kvepp.kvcache.bench;

import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.worker.WorkerWithDpRank;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/// A [WorkloadFile] that was written, read in place: none of it is on the heap.
///
/// Immutable.
final class Workload {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment externalHashes;
    private final MemorySegment localHashes;
    private final MemorySegment words;
    private final MemorySegment depths;
    private final int workers;
    private final int requests;
    private final long ownerBlocks;

    private Workload(MemorySegment file) {
        workers = (int) file.getAtIndex(LONG, 1);
        requests = (int) file.getAtIndex(LONG, 2);
        long rows = file.getAtIndex(LONG, 3);
        long wordCount = file.getAtIndex(LONG, 4);
        long depthCount = file.getAtIndex(LONG, 5);
        ownerBlocks = file.getAtIndex(LONG, 6);
        long at = WorkloadFile.HEADER_NUMBERS * LONG.byteSize();
        externalHashes = file.asSlice(at, rows * LONG.byteSize());
        at += externalHashes.byteSize();
        localHashes = file.asSlice(at, rows * LONG.byteSize());
        at += localHashes.byteSize();
        words = file.asSlice(at, wordCount * INT.byteSize());
        at += words.byteSize();
        depths = file.asSlice(at, depthCount * SHORT.byteSize());
    }

    /// Throws [IllegalArgumentException] for a file of another kind.
    static Workload read(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.global());
            if (file.byteSize() < WorkloadFile.HEADER_NUMBERS * LONG.byteSize()
                    || file.getAtIndex(LONG, 0) != WorkloadFile.MAGIC) {
                throw new IllegalArgumentException(path + ": not a workload file");
            }
            return new Workload(file);
        }
    }

    int workers() {
        return workers;
    }

    /// Blocks that all workers hold at the end, once for each worker.
    long ownerBlocks() {
        return ownerBlocks;
    }

    /// How many blocks of request `number`'s prompt the worker holds when it looks up.
    int expectedDepth(int number, int worker) {
        return Short.toUnsignedInt(depths.getAtIndex(SHORT, (long) number * workers + worker));
    }

    static WorkerWithDpRank rank(int worker) {
        return new WorkerWithDpRank(worker + 1L, 0);
    }

    Requests requests() {
        return new Requests();
    }

    /// The requests, one after the other. What it returns is made anew each time.
    ///
    /// *Confined* to one thread.
    final class Requests {
        private final long[] eventsSent = new long[workers];
        private long position;
        private int number = -1;

        /// Goes to the next request; false at the end.
        boolean next() {
            return ++number < requests;
        }

        /// The number of the request, from 0.
        int number() {
            return number;
        }

        /// The local hashes of the request's prompt: read first, once a request.
        long[] query() {
            return hashes(localHashes, take(), false);
        }

        /// What the request's worker reports: read second, once a request.
        List<RouterEvent> events() {
            int count = take();
            List<RouterEvent> events = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                events.add(event());
            }
            return events;
        }

        private RouterEvent event() {
            int worker = take();
            int kind = take();
            int parent = take();
            int count = take();
            KvCacheEvent event = kind == WorkloadFile.STORED
                    ? new KvCacheEvent.Stored(
                            parent == 0
                                    ? OptionalLong.empty()
                                    : OptionalLong.of(externalHashes.getAtIndex(LONG, parent - 1L)),
                            hashes(externalHashes, count, true),
                            hashes(localHashes, count, false))
                    : new KvCacheEvent.Removed(hashes(externalHashes, count, false));
            return new RouterEvent(rank(worker), StorageTier.DEVICE, ++eventsSent[worker], event);
        }

        /// The hashes of the next rows; with `peek` the same rows are read again next.
        private long[] hashes(MemorySegment table, int count, boolean peek) {
            long[] hashes = new long[count];
            for (int i = 0; i < count; i++) {
                hashes[i] = table.getAtIndex(LONG, Integer.toUnsignedLong(words.getAtIndex(INT, position + i)));
            }
            position += peek ? 0 : count;
            return hashes;
        }

        private int take() {
            return words.getAtIndex(INT, position++);
        }
    }
}
