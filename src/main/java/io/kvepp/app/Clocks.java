package io.kvepp.app;

import java.time.Clock;
import java.time.ZoneId;
import java.util.function.LongSupplier;

/// The two clocks of the process: one that tells the time, one that only goes forward.
///
/// Immutable.
record Clocks(Clock wall, LongSupplier nanos) {
    static Clocks system() {
        return new Clocks(Clock.system(ZoneId.systemDefault()), System::nanoTime);
    }
}
