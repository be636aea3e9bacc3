package io.kvepp.router.prefill;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static io.kvepp.testing.ConfigChecks.flags;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import org.junit.jupiter.api.Test;

class PrefillConfigTest {
    private static final String REFUSED = "router-conditional-disagg: true (expected: false: a Direct frontend answers"
            + " 500 to a request without a prefill worker id)";

    @Test
    void theDefaults() {
        assertThat(PrefillConfig.from(Options.defaults())).isEqualTo(new PrefillConfig(false));
    }

    @Test
    void everyOptionIsRead() {
        assertThat(PrefillConfig.from(flags("enforce-disagg", "true"))).isEqualTo(new PrefillConfig(true));
        assertThat(PrefillConfig.from(environment("DYN_ENFORCE_DISAGG", "1"))).isEqualTo(new PrefillConfig(true));
    }

    @Test
    void conditionalDisaggregationIsRefusedInFrontOfADirectFrontend() {
        assertRefused(() -> PrefillConfig.from(flags("router-conditional-disagg", "true")), REFUSED);
        assertRefused(() -> PrefillConfig.from(environment("DYN_ROUTER_CONDITIONAL_DISAGG", "true")), REFUSED);
    }
}
