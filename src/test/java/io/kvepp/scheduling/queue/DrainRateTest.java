package io.kvepp.scheduling.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DrainRateTest {
    private final AtomicLong nanos = new AtomicLong(-5);
    private final DrainRate rate = new DrainRate(nanos::get);

    @Test
    void aSteadyRateIsMeasuredFromItsFirstSecondsOn() {
        for (int tenth = 0; tenth < 300; tenth++) {
            rate.add(80);
            pass(100);
            if (tenth >= 20) {
                assertThat(rate.tokensPerSecond())
                        .as("after %s ms", 100 * (tenth + 1))
                        .isBetween(760.0, 900.0);
            }
        }
        assertThat(rate.retryAfterSeconds(8000)).isBetween(9, 11);
    }

    @Test
    void onlyTheLastTenSecondsCount() {
        rate.add(1_000_000);
        pass(10_000);
        rate.add(100);

        assertThat(rate.tokensPerSecond()).isBetween(10.0, 12.0);
        pass(60_000);
        assertThat(rate.tokensPerSecond()).isZero();
        assertThat(rate.retryAfterSeconds(1)).as("nothing moves").isEqualTo(60);
        assertThat(rate.retryAfterSeconds(0)).as("nothing waits").isEqualTo(1);
    }

    @Test
    void theAnswerIsAtLeastASecondAndAtMostAMinute() {
        assertThat(rate.retryAfterSeconds(1_000_000)).as("nothing measured yet").isEqualTo(1);
        rate.add(1000);
        pass(1000);

        assertThat(rate.retryAfterSeconds(0)).isEqualTo(1);
        assertThat(rate.retryAfterSeconds(1_000_000_000)).isEqualTo(60);
    }

    private void pass(long millis) {
        nanos.addAndGet(Duration.ofMillis(millis).toNanos());
    }
}
