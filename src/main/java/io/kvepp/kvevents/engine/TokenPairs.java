package io.kvepp.kvevents.engine;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Reads token ids that come as pairs, `[a, b], [b, c], ...`: what Eagle workers hash.
///
/// Thread-safe.
final class TokenPairs {
    private static final VarHandle INT_LE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private TokenPairs() {}

    /// Writes the first id of each pair, then the second one of the last, to the start of `target`.
    static void read(MsgpackReader reader, int count, byte[] target) throws MalformedMessageException {
        int second = 0;
        for (int i = 0; i < count; i++) {
            if (reader.arrayHeader() != 2) {
                throw new MalformedMessageException("token_ids (expected: numbers, or pairs of numbers)");
            }
            INT_LE.set(target, i * Integer.BYTES, reader.unsigned32());
            second = reader.unsigned32();
        }
        INT_LE.set(target, count * Integer.BYTES, second);
    }
}
