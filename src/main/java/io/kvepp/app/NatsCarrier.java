package io.kvepp.app;

import io.kvepp.nats.NatsConnection;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// Requests for workers at subjects of the one NATS server, which is connected to when the first of
/// them is called.
///
/// Thread-safe. Does not own the connection.
record NatsCarrier(NatsConnection nats) implements TcpRequestPlaneClient.Carrier {
    @Override
    public CompletableFuture<byte[]> carry(String subject, byte[] message, Duration timeout) {
        nats.start();
        return nats.request(subject, message, timeout);
    }
}
