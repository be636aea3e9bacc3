package io.kvepp.load;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;

/// How the load of requests under way is kept.
///
/// - `requestSilenceMax`: a booking whose response has not moved for this long is given back
/// - `trackOutputBlocks`: generated tokens count as blocks in use too
///
/// Immutable.
public record LoadConfig(Duration requestSilenceMax, boolean trackOutputBlocks) {
    private static final Duration SILENCE_DEFAULT = Duration.ofMinutes(5);

    public LoadConfig {
        check(
                requestSilenceMax.compareTo(Duration.ofSeconds(1)) >= 0,
                "router-active-request-expiry",
                requestSilenceMax,
                "at least 1s");
    }

    public static LoadConfig from(Options options) {
        return new LoadConfig(
                options.option(
                                "router-active-request-expiry",
                                "a booking is given back when its response has not moved for so long")
                        .env("DYN_ROUTER_ACTIVE_REQUEST_EXPIRY_SECS", seconds -> seconds + "s")
                        .duration(SILENCE_DEFAULT),
                options.option("router-track-output-blocks", "count the blocks of generated tokens as load")
                        .env("DYN_ROUTER_TRACK_OUTPUT_BLOCKS")
                        .flag(false));
    }
}
