package io.kvepp.extproc;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.time.Duration;

/// How large and how slow a request may be, and what is answered when all workers are overloaded.
///
/// - `overloadStatus`: an HTTP status, 400 to 599
///
/// Immutable.
public record ExtProcConfig(
        int bodyBytesMax, long bodyBytesTotalMax, Duration bodyIdle, Duration pickDeadline, int overloadStatus) {
    /// The frontend's own limit: a larger body would fail one hop later.
    private static final long BODY_BYTES_MAX_DEFAULT = 45L << 20;

    private static final long BODY_BYTES_MAX_CEILING = 1L << 30;
    private static final String BODY_BYTES_MAX_EXPECTED = "1 to 1GiB";
    /// What a Dynamo frontend answers.
    private static final int OVERLOAD_STATUS_DEFAULT = 529;

    private static final long BODY_BYTES_TOTAL_MAX_DEFAULT = 256L << 20;

    public ExtProcConfig {
        check(bodyBytesMax > 0, "body-bytes-max", bodyBytesMax, BODY_BYTES_MAX_EXPECTED);
        check(bodyBytesTotalMax >= bodyBytesMax, "body-bytes-total-max", bodyBytesTotalMax, ">= body-bytes-max");
        check(bodyIdle.isPositive(), "body-idle", bodyIdle, "> 0");
        check(pickDeadline.isPositive(), "pick-deadline", pickDeadline, "> 0");
        check(overloadStatus >= 400 && overloadStatus <= 599, "overload-status", overloadStatus, "400 to 599");
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
                options.option("pick-deadline", "longest time for one decision; then 504")
                        .duration(Duration.ofSeconds(5)),
                options.option("overload-status", "HTTP status when all workers that could serve are overloaded")
                        .env("DYN_HTTP_OVERLOAD_STATUS_CODE")
                        .integer(OVERLOAD_STATUS_DEFAULT));
    }

    /// The same with this much more time for a decision.
    public ExtProcConfig withLongerPick(Duration more) {
        return new ExtProcConfig(bodyBytesMax, bodyBytesTotalMax, bodyIdle, pickDeadline.plus(more), overloadStatus);
    }
}
