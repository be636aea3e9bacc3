package io.kvepp.scheduling;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;

/// When a worker whose requests fail gets no more of them.
///
/// - `failures`: so many failures within `window` eject it; 0 never does
/// - `pause`: how long it gets none then; doubles each time in a row, up to [#PAUSE_MAX]
///
/// Immutable.
public record HealthConfig(int failures, Duration window, Duration pause) {
    public static final Duration PAUSE_MAX = Duration.ofMinutes(5);

    private static final int FAILURES_MAX = 1000;

    public HealthConfig {
        check(failures >= 0 && failures <= FAILURES_MAX, "worker-ejection-failures", failures, "0 to " + FAILURES_MAX);
        check(window.isPositive(), "worker-ejection-window", window, "more than 0");
        check(
                pause.isPositive() && pause.compareTo(PAUSE_MAX) <= 0,
                "worker-ejection-pause",
                pause,
                "more than 0, at most 5m");
    }

    public static HealthConfig from(Options options) {
        return new HealthConfig(
                options.option("worker-ejection-failures", "failed requests that eject a worker; 0 never does")
                        .integer(2),
                options.option("worker-ejection-window", "time within which those failures count")
                        .duration(Duration.ofSeconds(5)),
                options.option(
                                "worker-ejection-pause",
                                "how long an ejected worker gets no requests; doubles each time")
                        .duration(Duration.ofSeconds(5)));
    }
}
