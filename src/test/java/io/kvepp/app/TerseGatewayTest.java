package io.kvepp.app;

import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.eventplane.testing.Await;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.testing.MemoryKube;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/// Whoever puts a gateway that drops headers before Dynamo's frontends is told so at the start.
class TerseGatewayTest {
    private static final KubeKind POOL =
            new KubeKind("inference.networking.k8s.io", "v1", "inferencepools", "InferencePool");
    private static final String NGINX = "gateway.nginx.org/nginx-gateway-controller";

    @TempDir
    Path folder;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final List<Logger> loggers =
            List.of((Logger) LoggerFactory.getLogger(Epp.class), (Logger) LoggerFactory.getLogger(PoolUpdates.class));

    @BeforeEach
    void listen() {
        log.start();
        loggers.forEach(logger -> {
            logger.setLevel(Level.INFO);
            logger.addAppender(log);
        });
    }

    @AfterEach
    void stopListening() {
        loggers.forEach(logger -> {
            logger.detachAppender(log);
            logger.setLevel(null);
        });
    }

    @ParameterizedTest
    @CsvSource({"file, " + NGINX + ", 1", "file, istio.io/gateway-controller, 0", "none, " + NGINX + ", 0"})
    void aPoolThatSuchAGatewayTookUpIsWarnedOf(String backend, String controller, int warnings) throws Exception {
        MemoryKube cluster = new MemoryKube("ns");
        cluster.put(POOL, new ObjectMapper().readTree("""
                {"metadata": {"name": "p"},
                 "spec": {"selector": {"matchLabels": {"app": "x"}}, "targetPorts": [{"number": 8000}]},
                 "status": {"parents": [{"controllerName": "%s"}]}}
                """.formatted(controller)));
        try (Epp epp = new Epp(config(backend, "pool", "p"), Epp.Role.GATEWAY, _ -> cluster)) {
            epp.start();
            Await.until("the pool was seen", () -> epp.poolsSynced());
        }

        assertThat(messages(Level.WARN)).hasSize(warnings).allMatch(("pool p: " + PoolUpdates.TERSE_GATEWAY)::equals);
    }

    @Test
    void withoutPoolsItIsSaidBeforehand() throws IOException {
        try (Epp epp = new Epp(config("file", "router-mode", "kv"))) {
            epp.start();
        }

        assertThat(messages(Level.INFO)).contains("any gateway will do but one: " + PoolUpdates.TERSE_GATEWAY);
    }

    private List<String> messages(Level level) {
        return List.copyOf(log.list).stream()
                .filter(event -> event.getLevel() == level)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private EppConfig config(String backend, String name, String value) {
        return EppConfig.from(flags(
                "host",
                "127.0.0.1",
                "secure-serving",
                "false",
                "port",
                "0",
                "health-port",
                "0",
                "admin-port",
                "0",
                "discovery-backend",
                backend,
                "file-kv",
                folder.toString(),
                name,
                value));
    }
}
