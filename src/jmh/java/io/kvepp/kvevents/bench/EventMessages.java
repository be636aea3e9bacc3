package io.kvepp.kvevents.bench;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What [EventsMaker] has made.
///
/// - `blocks`: stored and removed by all messages
/// - `queries`: local hashes of prompts
///
/// *Immutable*; the arrays must not be changed.
record EventMessages(int ranks, long blocks, List<Message> messages, List<long[]> queries) {
    /// One message in both forms: the last frame of the event plane, and the payload of an engine.
    record Message(int rank, byte[] frame, byte[] engine) {}

    static EventMessages read(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 20))) {
            int ranks = in.readInt();
            int messageCount = in.readInt();
            long blocks = in.readLong();
            int queryCount = in.readInt();
            List<Message> messages = new ArrayList<>(messageCount);
            for (int i = 0; i < messageCount; i++) {
                messages.add(new Message(in.readInt(), bytes(in), bytes(in)));
            }
            List<long[]> queries = new ArrayList<>(queryCount);
            for (int i = 0; i < queryCount; i++) {
                long[] hashes = new long[in.readInt()];
                for (int block = 0; block < hashes.length; block++) {
                    hashes[block] = in.readLong();
                }
                queries.add(hashes);
            }
            return new EventMessages(ranks, blocks, messages, queries);
        }
    }

    private static byte[] bytes(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }
}
