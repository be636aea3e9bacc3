package io.kvepp.extproc;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/// How large and how slow a request may be, and how gateways are answered that differ.
///
/// - `headers`: what the gateway lets a request have
/// - `overloadStatus`: an HTTP status, 400 to 599
/// - `silentBodyMode`: the body mode of gateways that do not tell theirs
/// - `streamedBodyWait`: how long a decision waits for a body that a gateway in STREAMED mode already
///   sends; its own `message_timeout` runs meanwhile
/// - `unwatchedHold`: how long a booking lasts whose response the gateway does not show
///
/// Immutable.
public record ExtProcConfig(
        int bodyBytesMax,
        long bodyBytesTotalMax,
        Duration bodyIdle,
        Duration bodyDeadline,
        Duration pickDeadline,
        int overloadStatus,
        HeaderLimits headers,
        int streamsMax,
        Duration streamAge,
        BodyModes.Mode silentBodyMode,
        Duration streamedBodyWait,
        Duration unwatchedHold,
        boolean subsetFilter) {
    /// The frontend's own limit: a larger body would fail one hop later.
    private static final long BODY_BYTES_MAX_DEFAULT = 45L << 20;

    private static final long BODY_BYTES_MAX_CEILING = 1L << 30;
    private static final String BODY_BYTES_MAX_EXPECTED = "1 to 1GiB";
    private static final long BODY_BYTES_TOTAL_MAX_DEFAULT = 256L << 20;

    /// What a Dynamo frontend answers.
    private static final int OVERLOAD_STATUS_DEFAULT = 529;

    /// Envoy's own limits.
    private static final int HEADERS_MAX_DEFAULT = 100;

    private static final long HEADER_BYTES_MAX_DEFAULT = 60 << 10;
    private static final long HEADER_BYTES_MAX_CEILING = 8 << 20;
    private static final int STREAMS_MAX_DEFAULT = 16_384;
    private static final int STREAMS_MAX_CEILING = 1_000_000;

    public ExtProcConfig {
        check(bodyBytesMax > 0, "body-bytes-max", bodyBytesMax, BODY_BYTES_MAX_EXPECTED);
        check(bodyBytesTotalMax >= bodyBytesMax, "body-bytes-total-max", bodyBytesTotalMax, ">= body-bytes-max");
        check(bodyIdle.isPositive(), "body-idle", bodyIdle, "> 0");
        check(bodyDeadline.isPositive(), "body-deadline", bodyDeadline, "> 0");
        check(pickDeadline.isPositive(), "pick-deadline", pickDeadline, "> 0");
        check(overloadStatus >= 400 && overloadStatus <= 599, "overload-status", overloadStatus, "400 to 599");
        check(headers.countMax() >= 1, "headers-max", headers.countMax(), ">= 1");
        check(headers.bytesMax() >= 1, "header-bytes-max", headers.bytesMax(), "1 to 8MiB");
        check(streamsMax >= 1 && streamsMax <= STREAMS_MAX_CEILING, "streams-max", streamsMax, "1 to 1000000");
        check(streamAge.isPositive(), "stream-age", streamAge, "> 0");
        check(streamedBodyWait.isPositive(), "streamed-body-wait", streamedBodyWait, "> 0");
        check(!unwatchedHold.isNegative(), "unwatched-hold", unwatchedHold, ">= 0");
    }

    public static ExtProcConfig from(Options options) {
        long bytes = options.option("body-bytes-max", "largest request body; a larger one gets 413")
                .env("DYN_HTTP_BODY_LIMIT_MB", megabytes -> megabytes + "MiB")
                .bytes(BODY_BYTES_MAX_DEFAULT);
        check(bytes <= BODY_BYTES_MAX_CEILING, "body-bytes-max", bytes, BODY_BYTES_MAX_EXPECTED);
        return new ExtProcConfig(
                (int) bytes,
                options.option("body-bytes-total-max", "request bodies held at a time; a body beyond gets 503")
                        .bytes(Math.max(BODY_BYTES_TOTAL_MAX_DEFAULT, bytes)),
                options.option("body-idle", "longest pause between two parts of a request body; then 408")
                        .duration(Duration.ofSeconds(30)),
                options.option("body-deadline", "longest time for a whole request body to come; then 408")
                        .duration(Duration.ofMinutes(5)),
                options.option("pick-deadline", "longest time for one decision; then 504")
                        .duration(Duration.ofSeconds(5)),
                options.option(
                                "overload-status",
                                "HTTP status when all workers of a Dynamo frontend that could serve are overloaded")
                        .env("DYN_HTTP_OVERLOAD_STATUS_CODE")
                        .integer(OVERLOAD_STATUS_DEFAULT),
                headers(options),
                options.option("streams-max", "requests under way at a time; more get 503")
                        .env("DYN_EPP_MAX_INFLIGHT_REQUESTS")
                        .integer(STREAMS_MAX_DEFAULT),
                options.option("stream-age", "longest life of a request; then the gateway goes on without the picker")
                        .duration(Duration.ofHours(1)),
                mode(options.option("silent-gateway-body-mode", "body mode of gateways that send no protocol_config")
                        .choice(word(BodyModes.Mode.FULL_DUPLEX), words())),
                options.option("streamed-body-wait", "wait for a body in STREAMED mode before load alone decides")
                        .duration(Duration.ofMillis(50)),
                options.option("unwatched-hold", "how long a booking lasts whose response the gateway does not show")
                        .duration(Duration.ofSeconds(10)),
                !options.option("disable-endpoint-subset-filter", "ignore the endpoints that a gateway allows")
                        .flag(false));
    }

    /// The same with this much more time for a decision.
    public ExtProcConfig withLongerPick(Duration more) {
        return new ExtProcConfig(
                bodyBytesMax,
                bodyBytesTotalMax,
                bodyIdle,
                bodyDeadline,
                pickDeadline.plus(more),
                overloadStatus,
                headers,
                streamsMax,
                streamAge,
                silentBodyMode,
                streamedBodyWait,
                unwatchedHold,
                subsetFilter);
    }

    private static HeaderLimits headers(Options options) {
        int count = options.option(
                        "headers-max", "headers the gateway lets a request have, ours included; more get 431")
                .integer(HEADERS_MAX_DEFAULT);
        long bytes = options.option("header-bytes-max", "size of headers the gateway lets a request have; more get 431")
                .bytes(HEADER_BYTES_MAX_DEFAULT);
        check(bytes <= HEADER_BYTES_MAX_CEILING, "header-bytes-max", bytes, "1 to 8MiB");
        return new HeaderLimits(count, (int) bytes);
    }

    private static String[] words() {
        return Arrays.stream(BodyModes.Mode.values()).map(ExtProcConfig::word).toArray(String[]::new);
    }

    private static String word(BodyModes.Mode mode) {
        return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static BodyModes.Mode mode(String word) {
        return BodyModes.Mode.valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
