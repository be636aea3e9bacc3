package io.kvepp.routerservice;

import io.kvepp.kvcache.routed.PrefixFinder;
import io.kvepp.load.ActiveSequences;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.WorkerHealth;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.scheduling.overload.OverloadMonitor;
import io.kvepp.scheduling.queue.AdmissionQueues;
import java.time.Duration;
import java.util.function.LongSupplier;

/// What a [SelectionService] works with; a picker in the same process works with the same.
///
/// - `bookingSilenceMax`: a booking of which nothing is heard for so long is given back
/// - `nanoClock`: a monotonic clock
///
/// Immutable; the parts are thread-safe.
public record SelectionParts(
        PrefixFinder prefixes,
        ActiveSequences active,
        WorkerSelector selector,
        SchedulingConfig scheduling,
        SessionAffinity sessions,
        WorkerHealth health,
        OverloadMonitor overload,
        AdmissionQueues queues,
        EppMetrics metrics,
        Duration bookingSilenceMax,
        LongSupplier nanoClock) {}
