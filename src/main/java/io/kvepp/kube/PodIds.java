package io.kvepp.kube;

import java.nio.charset.StandardCharsets;

/// The instance ids that Dynamo gives to what runs in pods: a hash of the name it is known by, which
/// is the pod's, or `pod-container` for a container of its own.
///
/// It is Rust's `DefaultHasher` over a `str`: SipHash-1-3 with a key of zeros over the name's bytes
/// and one byte 0xff, of which the low 53 bits are used.
///
/// Source: Dynamo `lib/runtime/src/discovery/kube/utils.rs`; SipHash: Aumasson and Bernstein, 2012.
///
/// Thread-safe.
public final class PodIds {
    private static final long ID_MASK = (1L << 53) - 1;
    private static final byte END_OF_TEXT = (byte) 0xFF;

    private PodIds() {}

    public static long instanceId(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        byte[] message = new byte[text.length + 1];
        System.arraycopy(text, 0, message, 0, text.length);
        message[text.length] = END_OF_TEXT;
        return new SipHash().hash(message) & ID_MASK;
    }

    /// The four words of the hash's state, for one message.
    private static final class SipHash {
        private static final int FINAL_ROUNDS = 3;

        // "somepseudorandomlygeneratedbytes", as the algorithm's authors chose them.
        private long v0 = 0x736f6d6570736575L;
        private long v1 = 0x646f72616e646f6dL;
        private long v2 = 0x6c7967656e657261L;
        private long v3 = 0x7465646279746573L;

        long hash(byte[] message) {
            int whole = message.length / Long.BYTES * Long.BYTES;
            for (int i = 0; i < whole; i += Long.BYTES) {
                mix(word(message, i, Long.BYTES));
            }
            mix(word(message, whole, message.length - whole) | (long) message.length << 56);
            v2 ^= 0xff;
            for (int i = 0; i < FINAL_ROUNDS; i++) {
                round();
            }
            return v0 ^ v1 ^ v2 ^ v3;
        }

        private void mix(long word) {
            v3 ^= word;
            round();
            v0 ^= word;
        }

        private void round() {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }

        private static long word(byte[] message, int offset, int count) {
            long word = 0;
            for (int i = 0; i < count; i++) {
                word |= (message[offset + i] & 0xffL) << (i * Byte.SIZE);
            }
            return word;
        }
    }
}
