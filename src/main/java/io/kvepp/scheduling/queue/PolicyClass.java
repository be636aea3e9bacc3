package io.kvepp.scheduling.queue;

import static io.kvepp.config.ConfigurationException.check;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How the requests of one class wait.
///
/// - `quantum`: tokens the class may admit each time its turn comes
/// - `busyTokens`, `busyTokensFrac`: a rank with more prompt tokens to compute than this, or than
///   this many times what it computes in one step, is busy: the class waits for another. Null:
///   never busy for this reason; both null: the class never waits
/// - `requestsPerWorkerMax`, `promptTokensPerWorkerMax`, `cachedTokensPerWorkerMax`: how much of the
///   class may wait, times the number of workers; null: any. The request that crosses a limit
///   still waits, the next is refused; 0: none waits
///
/// Source: Dynamo's router policy configuration.
///
/// Immutable.
public record PolicyClass(
        String name,
        QueuePolicy policy,
        long quantum,
        @Nullable Long busyTokens,
        @Nullable Double busyTokensFrac,
        @Nullable Long requestsPerWorkerMax,
        @Nullable Long promptTokensPerWorkerMax,
        @Nullable Long cachedTokensPerWorkerMax) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

    public PolicyClass {
        checkName("name", name);
        check(quantum > 0, name + ".quantum", quantum, "> 0");
        notNegative(name + ".prefill_busy_threshold", busyTokens);
        check(
                busyTokensFrac == null || (Double.isFinite(busyTokensFrac) && busyTokensFrac >= 0),
                name + ".prefill_busy_threshold_frac",
                String.valueOf(busyTokensFrac),
                "a finite number >= 0");
        notNegative(name + ".request_queue_limit_per_worker", requestsPerWorkerMax);
        notNegative(name + ".raw_isl_token_queue_limit_per_worker", promptTokensPerWorkerMax);
        notNegative(name + ".cached_token_queue_limit_per_worker", cachedTokensPerWorkerMax);
    }

    /// Whether the class ever waits.
    boolean queues() {
        return busyTokens != null || busyTokensFrac != null;
    }

    /// Whether a rank with so many prompt tokens to compute is too busy for the class.
    boolean isBusy(long tokens, int batchedTokensMax) {
        return (busyTokens != null && tokens > busyTokens)
                || (busyTokensFrac != null && tokens > busyTokensFrac * batchedTokensMax);
    }

    static void checkName(String field, String name) {
        check(NAME.matcher(name).matches(), field, name, "letters, digits, '_', '.' and '-'");
    }

    private static void notNegative(String name, @Nullable Long value) {
        check(value == null || value >= 0, name, String.valueOf(value), "a whole number >= 0");
    }
}
