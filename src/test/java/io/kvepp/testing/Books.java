package io.kvepp.testing;

import io.kvepp.load.ActiveSequences;
import java.time.Duration;

/// Books of load for tests in which no time passes.
public final class Books {
    private Books() {}

    public static ActiveSequences empty() {
        return new ActiveSequences(Duration.ofMinutes(5), () -> 0);
    }
}
