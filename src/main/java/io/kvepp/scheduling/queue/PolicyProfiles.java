package io.kvepp.scheduling.queue;

import java.util.Map;

/// The profile of every model: its own, or the one for all others.
///
/// Immutable.
public record PolicyProfiles(PolicyProfile root, Map<String, PolicyProfile> models) {
    public PolicyProfiles {
        models = Map.copyOf(models);
    }

    public PolicyProfile of(String model) {
        return models.getOrDefault(model, root);
    }

    /// Whether any request of any model may ever wait.
    public boolean queue() {
        return root.queues() || models.values().stream().anyMatch(PolicyProfile::queues);
    }
}
