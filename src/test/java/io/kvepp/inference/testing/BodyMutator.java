package io.kvepp.inference.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/// Breaks bodies in small ways. The same seed makes the same changes.
///
/// Confined to one thread.
public final class BodyMutator {
    private static final String[] PIECES = {
        "null",
        "true",
        "-1",
        "0",
        "1.5",
        "1e999",
        "-0",
        "99999999999999999999",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "[[1]]",
        "{\"a\":1}",
        ",",
        ":",
        "\"",
        "\\",
        "}",
        "]",
        "{",
        "[",
        "\\ud800",
        "\\u0000",
        "\n",
        "\t",
        "\u0000",
        " ",
        "\u00e9",
        "\ufeff"
    };
    private static final int CHANGES_MAX = 3;

    private final Random random;

    public BodyMutator(long seed) {
        random = new Random(seed);
    }

    /// The body with up to three changes.
    public byte[] mutated(byte[] body) {
        byte[] result = body;
        for (int i = random.nextInt(CHANGES_MAX); i >= 0 && result.length > 0; i--) {
            result = changed(result);
        }
        return result;
    }

    private byte[] changed(byte[] body) {
        int at = random.nextInt(body.length);
        return switch (random.nextInt(7)) {
            case 0 -> spliced(body, at, 1, new byte[] {(byte) random.nextInt(256)});
            case 1 -> spliced(body, at, Math.min(body.length - at, 1 + random.nextInt(8)), new byte[0]);
            case 2 -> spliced(body, at, 0, piece());
            case 3 -> Arrays.copyOf(body, at);
            case 4 -> doubled(body, at);
            default -> valueReplaced(body, at);
        };
    }

    private byte[] piece() {
        return PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8);
    }

    /// A part of the body stands there twice, with a comma between.
    private byte[] doubled(byte[] body, int at) {
        int length = Math.min(body.length - at, 1 + random.nextInt(60));
        ByteArrayOutputStream part = new ByteArrayOutputStream();
        part.write(body, at, length);
        part.write(',');
        part.write(body, at, length);
        return spliced(body, at, length, part.toByteArray());
    }

    /// The simple value behind the next colon becomes another one.
    private byte[] valueReplaced(byte[] body, int from) {
        int colon = from;
        while (colon < body.length && body[colon] != ':') {
            colon++;
        }
        int end = colon + 1;
        while (end < body.length && ",}]".indexOf(body[end]) < 0) {
            end++;
        }
        return colon >= body.length ? body : spliced(body, colon + 1, Math.max(0, end - colon - 1), piece());
    }

    private static byte[] spliced(byte[] body, int at, int length, byte[] instead) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length + instead.length);
        out.write(body, 0, at);
        out.writeBytes(instead);
        out.write(body, Math.min(body.length, at + length), Math.max(0, body.length - at - length));
        return out.toByteArray();
    }
}
