package io.kvepp.scheduling;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// Whether and for how long the requests of a session go to the same worker.
///
/// - `ttlSeconds`: how long a session without requests is remembered; 0: sessions mean nothing
///
/// Immutable.
public record SessionConfig(int ttlSeconds) {
    public static final SessionConfig OFF = new SessionConfig(0);

    private static final int TTL_SECONDS_MAX = 31_536_000;

    public SessionConfig {
        check(
                ttlSeconds >= 0 && ttlSeconds <= TTL_SECONDS_MAX,
                "router-session-affinity-ttl-secs",
                ttlSeconds,
                "0 to " + TTL_SECONDS_MAX);
    }

    public static SessionConfig from(Options options) {
        return new SessionConfig(options.option(
                        "router-session-affinity-ttl-secs",
                        "requests of a session go to one worker until it is idle for so long; 0: they need not")
                .env("DYN_ROUTER_SESSION_AFFINITY_TTL_SECS")
                .integer(0));
    }

    public boolean isOn() {
        return ttlSeconds > 0;
    }
}
