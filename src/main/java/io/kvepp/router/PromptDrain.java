package io.kvepp.router;

import io.kvepp.scheduling.queue.AdmissionQueues;

/// Tells the queue of a model that a prompt is computed, and that load has fallen.
///
/// - `uncachedTokens`: of the prompt
///
/// Thread-safe.
record PromptDrain(AdmissionQueues queues, String model, int uncachedTokens) {
    void computed() {
        queues.drain(model).add(uncachedTokens);
        queues.loadFell(model);
    }

    void released() {
        queues.loadFell(model);
    }
}
