package io.kvepp.eventplane.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/// One recorded message: its frames, and what another decoder found in them.
public record CapturedMessage(List<byte[]> frames, JsonNode payload) {
    /// The messages of a fixture file beside the tests of `eventplane`.
    public static List<CapturedMessage> read(String file) {
        ObjectMapper mapper = new ObjectMapper();
        List<CapturedMessage> messages = new ArrayList<>();
        try (InputStream in =
                Objects.requireNonNull(CapturedMessage.class.getResourceAsStream("/io/kvepp/eventplane/" + file))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isBlank()) {
                    messages.add(of(mapper.readTree(line)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return messages;
    }

    private static CapturedMessage of(JsonNode line) {
        List<byte[]> frames = new ArrayList<>();
        for (JsonNode frame : line.path("frames_hex")) {
            frames.add(HexFormat.of().parseHex(frame.textValue()));
        }
        return new CapturedMessage(frames, line.path("payload"));
    }
}
