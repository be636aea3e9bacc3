package io.kvepp.requestplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// The bytes of a call to a real worker, in the order they were sent.
record CapturedCall(byte[] request, byte[] ack, List<byte[]> answer) {
    static CapturedCall load(String name) {
        byte[] request = {};
        byte[] ack = {};
        List<byte[]> answer = new ArrayList<>();
        try (InputStream in = CapturedCall.class.getResourceAsStream(name + ".json")) {
            for (JsonNode message : new ObjectMapper().readTree(in)) {
                byte[] bytes = HexFormat.of().parseHex(message.get("hex").textValue());
                switch (message.get("dir").textValue()) {
                    case "request->" -> request = bytes;
                    case "<-ack" -> ack = bytes;
                    default -> answer.add(bytes);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new CapturedCall(request, ack, answer);
    }
}
