package io.kvepp.routerservice.bench;

import io.kvepp.msgpack.MsgpackWriter;
import java.util.Arrays;

/// The prompts of all callers, the same in every language.
///
/// *Immutable*.
final class Prompts {
    static final int PROMPTS = 64;
    static final int TOKENS = 4096;

    private final byte[][] encoded = new byte[PROMPTS][];
    private final byte[][] asking = new byte[PROMPTS][];

    Prompts() {
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            MsgpackWriter writer = new MsgpackWriter().array(TOKENS);
            for (int i = 0; i < TOKENS; i++) {
                writer.unsigned(1 + (prompt * 104_729 + i * 31) % 30_011);
            }
            encoded[prompt] = writer.toBytes();
            asking[prompt] = new MsgpackWriter()
                    .map(2)
                    .string("token_ids")
                    .raw(encoded[prompt])
                    .string("request_id")
                    .toBytes();
        }
    }

    /// The list alone, as `best_worker_id` wants it.
    byte[] tokens(int number) {
        return encoded[number % PROMPTS];
    }

    byte[] find(int number, String requestId) {
        byte[] id = new MsgpackWriter().string(requestId).toBytes();
        byte[] start = asking[number % PROMPTS];
        byte[] whole = Arrays.copyOf(start, start.length + id.length);
        System.arraycopy(id, 0, whole, start.length, id.length);
        return whole;
    }

    static byte[] free(String requestId) {
        return new MsgpackWriter().map(1).string("request_id").string(requestId).toBytes();
    }
}
