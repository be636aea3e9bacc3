package io.kvepp.scheduling;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;

/// How one of several candidates is chosen. The names are Dynamo's.
///
/// Source: Dynamo 1.6.1 `lib/runtime/src/routing_policy`.
public enum RouterMode {
    /// By the cost function: cached blocks against load.
    KV,
    /// The one whose last turn is longest ago.
    ROUND_ROBIN,
    /// Any, with equal chances.
    RANDOM,
    /// Two at random, of which the one with fewer requests under way.
    POWER_OF_TWO,
    /// The one with the fewest requests under way; equal ones with equal chances.
    LEAST_LOADED;

    /// The word of the option, such as `round-robin`.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String[] words() {
        return Arrays.stream(values()).map(RouterMode::word).toArray(String[]::new);
    }

    static String[] wordsAnd(String other) {
        return Stream.concat(Stream.of(other), Arrays.stream(words())).toArray(String[]::new);
    }

    static RouterMode of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
