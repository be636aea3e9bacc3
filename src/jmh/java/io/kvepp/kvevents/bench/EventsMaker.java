package io.kvepp.kvevents.bench;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.msgpack.MsgpackWriter;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Makes the messages that both sides read: `EventsMaker FILE SEED`.
///
/// Every rank serves prompts of a shared set, whose blocks it stores piece by piece and evicts, leaves
/// first, when its cache is full. The file holds, big-endian: ranks, messages, blocks stored and removed, queries;
/// for each message its rank, the frame of the event plane and the payload of an engine, each with its
/// length before; for each query its number of blocks and their local hashes.
///
/// *Confined* to the main thread.
public final class EventsMaker {
    static final int TOKENS_A_BLOCK = 16;
    private static final int RANKS = 16;
    private static final int MESSAGES = 12_000;
    private static final int EVENTS_A_MESSAGE = 8;
    private static final int PROMPTS = 3_000;
    private static final int PROMPT_BLOCKS = 64;
    private static final int PIECE_BLOCKS_MAX = 8;
    private static final int CACHE_BLOCKS = 8_192;
    private static final int VOCABULARY = 128_000;

    private final SplittableRandom random;
    private final int[][] ids = new int[PROMPTS][];
    private final BlockHashes[] hashes = new BlockHashes[PROMPTS];
    private final List<RankCache> ranks = IntStream.range(0, RANKS)
            .mapToObj(_ -> new RankCache(PROMPTS, CACHE_BLOCKS))
            .toList();
    private long blocks;

    private EventsMaker(long seed) {
        random = new SplittableRandom(seed);
        BlockHasher hasher = new BlockHasher(TOKENS_A_BLOCK, null, null, false);
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            ids[prompt] =
                    random.ints(PROMPT_BLOCKS * TOKENS_A_BLOCK, 0, VOCABULARY).toArray();
            hashes[prompt] = hasher.hash(ids[prompt]);
        }
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("arguments: " + arguments.length + " (expected: FILE SEED)");
        }
        new EventsMaker(Long.parseLong(arguments[1])).write(Path.of(arguments[0]));
    }

    private void write(Path file) throws IOException {
        List<EventMessages.Message> messages = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            messages.add(message(i % RANKS, i / RANKS));
        }
        try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
            out.writeInt(RANKS);
            out.writeInt(messages.size());
            out.writeLong(blocks);
            out.writeInt(PROMPTS);
            for (EventMessages.Message message : messages) {
                out.writeInt(message.rank());
                out.writeInt(message.frame().length);
                out.write(message.frame());
                out.writeInt(message.engine().length);
                out.write(message.engine());
            }
            for (BlockHashes query : hashes) {
                out.writeInt(query.local().length);
                for (long hash : query.local()) {
                    out.writeLong(hash);
                }
            }
        }
    }

    private EventMessages.Message message(int rank, int sequence) {
        MsgpackWriter plane = new MsgpackWriter().array(EVENTS_A_MESSAGE);
        MsgpackWriter engine = new MsgpackWriter().array(3).unsigned(1).array(EVENTS_A_MESSAGE);
        for (int i = 0; i < EVENTS_A_MESSAGE; i++) {
            long eventId = (long) sequence * EVENTS_A_MESSAGE + i + 1;
            RankCache cache = ranks.get(rank);
            RankCache.Piece piece = cache.isFull()
                    ? cache.evict(1 + random.nextInt(PIECE_BLOCKS_MAX))
                    : cache.store(random, PROMPT_BLOCKS, 1 + random.nextInt(PIECE_BLOCKS_MAX));
            blocks += piece.to() - piece.from();
            EventWriter writer = new EventWriter(hashes[piece.prompt()], ids[piece.prompt()], piece);
            writer.writeTo(plane, rank + 1L, eventId);
            writer.writeTo(engine);
        }
        byte[] frame = EventWriter.frame(rank + 1L, sequence, plane.toBytes());
        return new EventMessages.Message(rank, frame, engine.unsigned(0).toBytes());
    }
}
