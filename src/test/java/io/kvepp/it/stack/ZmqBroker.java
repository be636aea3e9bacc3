package io.kvepp.it.stack;

import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// A broker of libzmq's, like Dynamo's own, that publishers and subscribers of KV events meet at.
///
/// Immutable.
public record ZmqBroker(int publishersPort, int subscribersPort) {
    private static final Duration READY_LIMIT = Duration.ofSeconds(20);
    private static final String SCRIPT = "src/test/resources/io/kvepp/it/zmq_broker.py";

    /// Starts one and waits until it listens.
    public static ZmqBroker start(Processes processes, RealParts parts) {
        ZmqBroker broker = new ZmqBroker(Ports.free(), Ports.free());
        ManagedProcess process = processes.start(
                "zmq-broker-" + broker.publishersPort,
                List.of(
                        parts.python().toString(),
                        Project.root().resolve(SCRIPT).toString(),
                        Integer.toString(broker.publishersPort),
                        Integer.toString(broker.subscribersPort)),
                Map.of());
        Await.until("the broker listens", READY_LIMIT, () -> {
            process.requireAlive();
            return listens(broker.subscribersPort);
        });
        return broker;
    }

    /// KV events that travel through each of these brokers.
    public static EventPlane events(List<ZmqBroker> brokers) {
        String url = url(brokers);
        return new EventPlane(
                Map.of("DYN_EVENT_PLANE", "zmq", "DYN_ZMQ_BROKER_URL", url),
                List.of("--event-plane", "zmq", "--zmq-broker-url", url));
    }

    /// Where these brokers are, as both sides are told.
    public static String url(List<ZmqBroker> brokers) {
        return "xsub=" + side(brokers, ZmqBroker::publishersPort) + " , xpub="
                + side(brokers, ZmqBroker::subscribersPort);
    }

    private static String side(List<ZmqBroker> brokers, Function<ZmqBroker, Integer> port) {
        return brokers.stream()
                .map(broker -> "tcp://localhost:" + port.apply(broker))
                .collect(Collectors.joining(";"));
    }

    private static boolean listens(int port) {
        try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
