package io.kvepp.eventplane.zmq;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TcpEndpointTest {
    @ParameterizedTest
    @CsvSource({
        "tcp://10.0.0.5:35511, 10.0.0.5, 35511",
        "tcp://[fd00::5]:1, fd00::5, 1",
        "tcp://[0:0:0:0:0:0:0:1]:65535, ::1, 65535",
    })
    void readsLiteralsOfBothFamilies(String text, String host, int port) {
        assertThat(TcpEndpoint.parse(text)).isEqualTo(new InetSocketAddress(InetAddress.ofLiteral(host), port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "junk",
                "tcp://worker-0:5555",
                "tcp://*:5555",
                "tcp://10.0.0.5",
                "tcp://10.0.0.5:0",
                "tcp://10.0.0.5:65536",
                "tcp://10.0.0.5:99999999999",
                "tcp://10.0.0.555:1",
                "tcp://fd00::5:1",
                "tcp://[fd00::5:1",
                "tcp://[zz]:1",
                "ipc:///tmp/x",
                "udp://10.0.0.5:1",
                " tcp://10.0.0.5:1"
            })
    void refusesEverythingElse(String text) {
        assertThat(TcpEndpoint.parse(text)).isNull();
    }
}
