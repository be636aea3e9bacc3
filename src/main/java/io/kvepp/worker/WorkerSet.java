package io.kvepp.worker;

import io.kvepp.worker.card.EndpointId;
import java.util.List;

/// Everything discovery knows at one moment. Equal sets are equal values, whatever the order they
/// were read in (the lists are sorted by whoever builds the set: workers by unsigned id, publishers
/// by unsigned publisher id, engines by unsigned worker id and rank).
///
/// A rank with no or more than one advertised publisher has no entry in `kvEventPublishers`.
///
/// - `loadPublishers`: where the workers' engines tell their load, sorted likewise
/// - `engineEvents`: ranks whose engine announces its KV events itself, at most one entry a rank
///
/// Immutable.
public record WorkerSet(
        List<Worker> workers,
        List<KvEventPublisher> kvEventPublishers,
        List<LoadPublisher> loadPublishers,
        List<EngineEvents> engineEvents) {
    public static final WorkerSet EMPTY = new WorkerSet(List.of(), List.of());

    public WorkerSet {
        workers = List.copyOf(workers);
        kvEventPublishers = List.copyOf(kvEventPublishers);
        loadPublishers = List.copyOf(loadPublishers);
        engineEvents = List.copyOf(engineEvents);
    }

    /// Workers that announce their KV events through Dynamo.
    public WorkerSet(
            List<Worker> workers, List<KvEventPublisher> kvEventPublishers, List<LoadPublisher> loadPublishers) {
        this(workers, kvEventPublishers, loadPublishers, List.of());
    }

    /// Workers whose engines tell no load.
    public WorkerSet(List<Worker> workers, List<KvEventPublisher> kvEventPublishers) {
        this(workers, kvEventPublishers, List.of());
    }

    /// The same without those who serve `endpoint`.
    public WorkerSet without(EndpointId endpoint) {
        List<Worker> others = workers.stream()
                .filter(worker -> !worker.endpoint().equals(endpoint))
                .toList();
        return others.size() == workers.size()
                ? this
                : new WorkerSet(others, kvEventPublishers, loadPublishers, engineEvents);
    }
}
