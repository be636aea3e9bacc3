package io.kvepp.testing;

import io.kvepp.load.ActiveSequences;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.SessionConfig;
import java.time.Duration;

/// Books of load for tests in which no time passes.
public final class Books {
    private Books() {}

    public static ActiveSequences empty() {
        return new ActiveSequences(Duration.ofMinutes(5), () -> 0);
    }

    /// Sessions that mean nothing.
    public static SessionAffinity noSessions() {
        return new SessionAffinity(SessionConfig.OFF, () -> 0);
    }
}
