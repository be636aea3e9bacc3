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
        MsgpackWriter batch = new MsgpackWriter()
                .array(3)
                .unsigned(0)
                .array(1)
                .map(5)
                .string("type")
                .string("BlockStored")
                .string("block_hashes")
                .array(blocks);
        for (int block = 0; block < blocks; block++) {
            batch.unsigned(hashes.sequence()[block]);
        }
        int tokens = blocks * hashes.blockSizeTokens();
        batch.string("parent_block_hash").nil().string("token_ids").array(tokens);
        for (int i = 0; i < tokens; i++) {
            batch.unsigned(tokenIds[i]);
        }
        batch.string("block_size").unsigned(hashes.blockSizeTokens()).unsigned(dpRank);
        socket.sendMore("");
        socket.sendMore(ByteBuffer.allocate(Long.BYTES).putLong(sequence++).array());
        socket.send(batch.toBytes());
    }

    @Override
    public void close() {
        context.close();
    }
}
