package io.kvepp.load;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoadConfigTest {
    @Test
    void theDefaultsAreDynamos() {
        assertThat(LoadConfig.from(Options.defaults())).isEqualTo(new LoadConfig(Duration.ofMinutes(5), false));
    }

    @Test
    void everyOptionIsReadFromItsFlagAndFromDynamosVariable() {
        LoadConfig expected = new LoadConfig(Duration.ofSeconds(7), true);

        assertThat(LoadConfig.from(flags("router-active-request-expiry", "7s", "router-track-output-blocks", "true")))
                .isEqualTo(expected);
        assertThat(LoadConfig.from(environment(
                        "DYN_ROUTER_ACTIVE_REQUEST_EXPIRY_SECS", "7", "DYN_ROUTER_TRACK_OUTPUT_BLOCKS", "true")))
                .isEqualTo(expected);
    }

    @Test
    void anExpiryNoRequestCanMeetIsRefused() {
        assertRefused(
                () -> LoadConfig.from(flags("router-active-request-expiry", "10ms")),
                "router-active-request-expiry: 10ms (expected: at least 1s)");
    }
}
