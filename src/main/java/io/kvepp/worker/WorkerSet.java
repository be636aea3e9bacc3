package io.kvepp.worker;

import java.util.List;

/// Everything discovery knows at one moment. Equal sets are equal values, whatever the order they
/// were read in (both lists are sorted by whoever builds the set: workers by unsigned id,
/// publishers by unsigned publisher id).
///
/// A rank with no or more than one advertised publisher has no entry in `kvEventPublishers`.
///
/// Immutable.
public record WorkerSet(List<Worker> workers, List<KvEventPublisher> kvEventPublishers) {
    public static final WorkerSet EMPTY = new WorkerSet(List.of(), List.of());

    public WorkerSet {
        workers = List.copyOf(workers);
        kvEventPublishers = List.copyOf(kvEventPublishers);
    }
}
