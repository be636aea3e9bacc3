package io.kvepp.router;

import java.util.Arrays;
import java.util.Locale;

/// What becomes of workers that a client itself names, in headers or in `nvext`.
public enum PinPolicy {
    /// They are taken away: the client does not decide.
    DROP,
    /// They are used as they are, or the request is refused.
    HONOUR,
    /// A request that names one is refused.
    REFUSE;

    static String[] words() {
        return Arrays.stream(values()).map(PinPolicy::word).toArray(String[]::new);
    }

    static PinPolicy of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
