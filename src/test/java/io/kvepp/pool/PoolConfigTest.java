package io.kvepp.pool;

import static io.kvepp.testing.ConfigChecks.assertAllFrom;
import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolConfigTest {
    @Test
    void theDefaults() {
        PoolConfig config = PoolConfig.from(Options.defaults());

        assertThat(config).isEqualTo(new PoolConfig(List.of(), Map.of(), List.of(8000)));
        assertThat(config.isUsed()).isFalse();
    }

    @Test
    void everyOptionIsRead() {
        Options options = flags(
                "pool", "a/one@9010,two@9011", "endpoint-selector", "app=x,tier=y", "endpoint-target-ports", "80,81");
        PoolConfig config = PoolConfig.from(options);

        assertThat(config)
                .isEqualTo(new PoolConfig(
                        List.of(new PoolRef("a", "one", 9010), new PoolRef("", "two", 9011)),
                        Map.of("app", "x", "tier", "y"),
                        List.of(80, 81)));
        assertThat(config.isUsed()).isTrue();
        assertAllFrom("flag", options);
    }

    @Test
    void aPoolWithoutPortIsThatOfTheMainPort() {
        PoolRef pool = PoolConfig.from(flags("pool", "a/one")).pools().getFirst();

        assertThat(pool.isMain()).isTrue();
        assertThat(pool.key()).isEqualTo("a/one");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b/c", "UPPER", "a@", "a@123456", "a@65536", "/a", "a/"})
    void otherTextsAreNoPools(String text) {
        assertRefused(
                () -> PoolConfig.from(flags("pool", text)), "pool: " + text + " (expected: [namespace/]name[@port])");
    }

    @Test
    void whatCannotWorkIsRefused() {
        assertRefused(
                () -> PoolConfig.from(flags("pool", "a/one@1,a/two@1")),
                "pool: a/two (expected: a port of its own for each pool: name@port)");
        assertRefused(
                () -> PoolConfig.from(flags("pool", "a/one", "endpoint-selector", "app=x")),
                "endpoint-selector: {app=x} (expected: none beside a pool without a port of its own)");
        assertRefused(
                () -> PoolConfig.from(flags("endpoint-selector", "app")),
                "endpoint-selector: app (expected: name=value)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "80,80", "1,2,3,4,5,6,7,8,9"})
    void portsAreOneToEightDifferentOnes(String ports) {
        assertRefused(
                () -> PoolConfig.from(flags("endpoint-target-ports", ports)),
                "endpoint-target-ports: [" + ports.replace(",", ", ") + "] (expected: 1 to 8 different ports)");
    }

    @Test
    void aPortIsANumber() {
        assertRefused(
                () -> PoolConfig.from(flags("endpoint-target-ports", "http")),
                "endpoint-target-ports: http (expected: 1 to 8 different ports)");
    }
}
