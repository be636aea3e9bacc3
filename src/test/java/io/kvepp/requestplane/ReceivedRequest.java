package io.kvepp.requestplane;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// A request frame as a worker takes it apart.
record ReceivedRequest(String path, JsonNode headers, JsonNode control, byte[] payload) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static ReceivedRequest read(DataInputStream in) throws IOException {
        String path = new String(in.readNBytes(in.readUnsignedShort()), StandardCharsets.UTF_8);
        JsonNode headers = JSON.readTree(in.readNBytes(in.readUnsignedShort()));
        byte[] message = in.readNBytes(in.readInt());
        DataInputStream parts = new DataInputStream(new ByteArrayInputStream(message));
        int headerLength = (int) parts.readLong();
        int bodyLength = (int) parts.readLong();
        parts.readLong();
        byte[] control = parts.readNBytes(headerLength);
        byte[] payload = parts.readNBytes(bodyLength);
        if (parts.available() > 0) {
            throw new IOException("bytes behind the message");
        }
        return new ReceivedRequest(path, headers, JSON.readTree(control), payload);
    }

    static ReceivedRequest of(byte[] frame) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(frame));
        ReceivedRequest request = read(in);
        if (in.available() > 0) {
            throw new IOException("bytes behind the frame");
        }
        return request;
    }

    /// The connection info within the control message.
    JsonNode info() throws IOException {
        return JSON.readTree(control.at("/connection_info/info").textValue());
    }

    String subject() throws IOException {
        return info().get("subject").textValue();
    }
}
