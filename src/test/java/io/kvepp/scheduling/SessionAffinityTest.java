package io.kvepp.scheduling;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static io.kvepp.testing.ConfigChecks.environment;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.Options;
import io.kvepp.scheduling.SessionAffinity.Lease;
import io.kvepp.scheduling.SessionAffinity.Session;
import io.kvepp.scheduling.SessionAffinity.Target;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SessionAffinityTest {
    private static final Session SESSION = new Session("m", "s");
    private static final Target ONE = new Target(new WorkerWithDpRank(1, 0), null);
    private static final Target TWO = new Target(new WorkerWithDpRank(2, 0), new WorkerWithDpRank(3, 1));

    private final AtomicLong nanos = new AtomicLong();
    private final SessionAffinity affinity = new SessionAffinity(new SessionConfig(10), nanos::get);

    @Test
    void theConfigurationIsDynamos() {
        assertThat(SessionConfig.from(Options.defaults())).isEqualTo(SessionConfig.OFF);
        assertThat(SessionConfig.OFF.isOn()).isFalse();
        assertThat(SessionConfig.from(environment("DYN_ROUTER_SESSION_AFFINITY_TTL_SECS", "31536000")))
                .isEqualTo(new SessionConfig(31_536_000));
        assertRefused(
                () -> new SessionConfig(31_536_001),
                "router-session-affinity-ttl-secs: 31536001 (expected: 0 to 31536000)");
        assertRefused(() -> new SessionConfig(-1), "router-session-affinity-ttl-secs: -1 (expected: 0 to 31536000)");
    }

    @Test
    void theIdleTimeBeginsWhenTheLastRequestEnds() {
        Lease first = affinity.lease(SESSION, ONE);
        Lease second = affinity.lease(SESSION, ONE);
        advance(100);
        first.close();
        advance(100);
        assertThat(affinity.target(SESSION)).isEqualTo(ONE);

        second.close();
        advance(9);
        assertThat(affinity.target(SESSION)).isEqualTo(ONE);
        advance(1);
        assertThat(affinity.target(SESSION)).isNull();
        affinity.expire();
        assertThat(affinity.bound()).isZero();
    }

    @Test
    void aRequestThatWentElsewhereBindsAnew() {
        affinity.lease(SESSION, ONE).close();
        affinity.lease(SESSION, TWO).close();

        assertThat(affinity.target(SESSION)).isEqualTo(TWO);
        assertThat(affinity.bound()).isOne();
    }

    @Test
    void sessionsOfDifferentModelsAreDifferent() {
        affinity.lease(SESSION, ONE).close();

        assertThat(affinity.target(new Session("other", "s"))).isNull();
    }

    @Test
    void aBindingThatNoSentRequestUsedIsForgotten() {
        Lease withdrawn = affinity.lease(SESSION, ONE);
        withdrawn.withdraw();
        withdrawn.withdraw();
        assertThat(affinity.target(SESSION)).isNull();
        assertThat(affinity.bound()).isZero();

        Lease first = affinity.lease(SESSION, ONE);
        affinity.lease(SESSION, ONE).close();
        first.withdraw();
        assertThat(affinity.target(SESSION)).isEqualTo(ONE);
    }

    @Test
    void beyondTheLimitSessionsAreNotBoundUntilOthersExpire() {
        for (int i = 0; i < SessionAffinity.SESSIONS_MAX; i++) {
            affinity.lease(new Session("m", "s" + i), ONE).close();
        }
        Lease beyond = affinity.lease(SESSION, ONE);
        beyond.close();
        assertThat(affinity.target(SESSION)).isNull();
        assertThat(affinity.refused()).isOne();
        assertThat(affinity.target(new Session("m", "s7"))).isEqualTo(ONE);

        advance(10);
        affinity.lease(SESSION, TWO).close();
        assertThat(affinity.target(SESSION)).isEqualTo(TWO);
        assertThat(affinity.bound()).isOne();
    }

    private void advance(long seconds) {
        nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
    }
}
