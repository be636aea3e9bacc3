package io.kvepp.load.signals;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;

/// How often the `/metrics` pages of engines without Dynamo are looked at.
///
/// - `interval`: between two looks at a busy engine; 0: none is ever looked at
/// - `intervalMax`: between two looks at an idle one, or one without such a page
/// - `timeout`: for one look
///
/// Immutable.
public record EnginePagesConfig(Duration interval, Duration intervalMax, Duration timeout) {
    private static final String INTERVAL = "engine-metrics-interval";
    private static final Duration INTERVAL_MIN = Duration.ofMillis(10);

    public EnginePagesConfig {
        check(
                interval.isZero() || interval.compareTo(INTERVAL_MIN) >= 0,
                INTERVAL,
                interval,
                "0s, or >= " + INTERVAL_MIN.toMillis() + "ms");
        check(
                intervalMax.compareTo(interval) >= 0 && intervalMax.isPositive(),
                "engine-metrics-interval-max",
                intervalMax,
                "> 0, and >= " + INTERVAL);
        check(timeout.isPositive(), "engine-metrics-timeout", timeout, "> 0");
    }

    public static EnginePagesConfig from(Options options) {
        return new EnginePagesConfig(
                options.option(
                                INTERVAL,
                                "pause between two looks at the /metrics of a busy engine without Dynamo; 0s: none")
                        .duration(Duration.ofMillis(500)),
                options.option("engine-metrics-interval-max", "the longest such pause while the engine is idle")
                        .duration(Duration.ofSeconds(15)),
                options.option("engine-metrics-timeout", "longest time for one such look")
                        .duration(Duration.ofSeconds(2)));
    }

    boolean isOff() {
        return interval.isZero();
    }
}
