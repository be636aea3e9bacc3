package io.kvepp.discovery.registered;

import java.util.List;

/// A registered worker, and what keeps it from being selected.
///
/// - `missing`: in the form of configuration errors; empty when it is selected
///
/// Immutable.
public record RegisteredWorker(WorkerRegistration registration, List<String> missing) {
    public RegisteredWorker {
        missing = List.copyOf(missing);
    }

    /// Whether it is among those a selection is made of.
    public boolean isSchedulable() {
        return missing.isEmpty();
    }
}
