package io.kvepp.worker;

import java.util.List;

/// Everything discovery knows at one moment. Equal sets are equal values, whatever the order they
/// were read in (both lists are sorted by whoever builds the set: workers by unsigned id,
/// publishers by unsigned publisher id).
///
/// A rank with no or more than one advertised publisher has no entry in `kvEventPublishers`.
///
/// - `loadPublishers`: where the workers' engines tell their load, sorted likewise
///
/// Immutable.
public record WorkerSet(
        List<Worker> workers, List<KvEventPublisher> kvEventPublishers, List<LoadPublisher> loadPublishers) {
    public static final WorkerSet EMPTY = new WorkerSet(List.of(), List.of());

    public WorkerSet {
        workers = List.copyOf(workers);
        kvEventPublishers = List.copyOf(kvEventPublishers);
        loadPublishers = List.copyOf(loadPublishers);
    }

    /// Workers whose engines tell no load.
    public WorkerSet(List<Worker> workers, List<KvEventPublisher> kvEventPublishers) {
        this(workers, kvEventPublishers, List.of());
    }
}
