package io.kvepp.scheduling.queue;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// Whether, how and how long requests wait for a worker.
///
/// - `timeout`: a request that has waited for so long is refused
/// - `overlapRefreshAfter`: a request that has waited for longer is looked up again when its turn
///   comes; zero: never
///
/// Immutable.
public record QueueConfig(PolicyProfiles profiles, Duration timeout, Duration overlapRefreshAfter) {
    private static final double OFF = -1;

    public QueueConfig {
        check(timeout.isPositive(), "router-queue-timeout", timeout, "more than 0");
    }

    public static QueueConfig from(Options options) {
        double threshold = options.option(
                        "router-queue-threshold",
                        "requests wait while every worker has more prompt tokens to compute than this many times"
                                + " what it computes in one step; -1: they never wait")
                .env("DYN_ROUTER_QUEUE_THRESHOLD")
                .decimal(OFF);
        check(threshold == OFF || threshold >= 0, "router-queue-threshold", threshold, "-1, or a number >= 0");
        String policy = options.option(
                        "router-queue-policy", "who goes first: the earliest, or the shortest weighted prompt")
                .env("DYN_ROUTER_QUEUE_POLICY")
                .choice("fcfs", "fcfs", "wspt");
        String file = options.option("router-policy-config", "YAML file of policy classes; replaces those two")
                .env("DYN_ROUTER_POLICY_CONFIG")
                .string("");
        PolicyProfile single = PolicyProfile.single(
                policy.equals("fcfs") ? QueuePolicy.FCFS : QueuePolicy.WSPT,
                threshold == OFF ? null : (Double) threshold);
        return new QueueConfig(
                file.isEmpty() ? new PolicyProfiles(single, Map.of()) : PolicyFile.read(Path.of(file), single),
                options.option("router-queue-timeout", "longest wait for a worker; then 429")
                        .duration(Duration.ofSeconds(30)),
                options.option(
                                "router-overlap-refresh-after",
                                "who waited longer is looked up in the index again; 0s: nobody is")
                        .env("DYN_ROUTER_OVERLAP_REFRESH_AFTER_SECS", seconds -> seconds + "s")
                        .duration(Duration.ofSeconds(10)));
    }
}
