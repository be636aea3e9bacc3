package io.kvepp.it.select;

import io.kvepp.it.process.Ports;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.msgpack.MsgpackWriter;
import java.nio.ByteBuffer;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// Publishes KV events as a vLLM engine does.
///
/// Confined.
final class RawEngine implements AutoCloseable {
    private final ZContext context = new ZContext();
    private final ZMQ.Socket socket = context.createSocket(SocketType.PUB);
    private final String address = "tcp://127.0.0.1:" + Ports.free();
    private long sequence;

    private final int dpRank;

    RawEngine() {
        this(0);
    }

    RawEngine(int dpRank) {
        this.dpRank = dpRank;
        if (!socket.bind(address)) {
            throw new AssertionError(address + ": cannot listen");
        }
    }

    String address() {
        return address;
    }

    /// The first blocks of a prompt were stored; the engine's hashes are the sequence hashes.
    void stored(int[] tokenIds, BlockHashes hashes, int blocks) {
        MsgpackWriter event = event("BlockStored", 5).string("block_hashes").array(blocks);
        for (int block = 0; block < blocks; block++) {
            event.unsigned(hashes.sequence()[block]);
        }
        int tokens = blocks * hashes.blockSizeTokens();
        event.string("parent_block_hash").nil().string("token_ids").array(tokens);
        for (int i = 0; i < tokens; i++) {
            event.unsigned(tokenIds[i]);
        }
        event.string("block_size").unsigned(hashes.blockSizeTokens());
        send(event);
    }

    /// Blocks are held no more.
    void removed(long... blockHashes) {
        MsgpackWriter event = event("BlockRemoved", 2).string("block_hashes").array(blockHashes.length);
        for (long hash : blockHashes) {
            event.unsigned(hash);
        }
        send(event);
    }

    @Override
    public void close() {
        context.close();
    }

    /// The beginning of a batch of one event, to be filled in.
    private static MsgpackWriter event(String type, int fields) {
        return new MsgpackWriter()
                .array(3)
                .unsigned(0)
                .array(1)
                .map(fields)
                .string("type")
                .string(type);
    }

    private void send(MsgpackWriter event) {
        socket.sendMore("");
        socket.sendMore(ByteBuffer.allocate(Long.BYTES).putLong(sequence++).array());
        socket.send(event.unsigned(dpRank).toBytes());
    }
}
