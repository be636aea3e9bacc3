package io.kvepp.preprocess;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Texts of a benchmark file: each its length in bytes (32 bit, little-endian), then UTF-8.
final class MeasuredTexts {
    private MeasuredTexts() {}

    static List<byte[]> bytes(Path file) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> texts = new ArrayList<>();
        while (rest.hasRemaining()) {
            byte[] text = new byte[rest.getInt()];
            rest.get(text);
            texts.add(text);
        }
        return texts;
    }

    static List<String> strings(Path file) throws IOException {
        return bytes(file).stream()
                .map(text -> new String(text, StandardCharsets.UTF_8))
                .toList();
    }
}
