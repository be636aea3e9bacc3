package io.kvepp.router;

import io.kvepp.inference.RequestParser;
import io.kvepp.kvcache.routed.PrefixFinder;
import io.kvepp.load.ActiveSequences;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.preprocess.Preprocessors;
import io.kvepp.router.headers.HeaderDialect;
import io.kvepp.router.prefill.Placements;
import io.kvepp.router.prefill.PrefillConfig;
import io.kvepp.router.reuse.ReuseLedger;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.WorkerHealth;
import io.kvepp.scheduling.overload.OverloadMonitor;
import io.kvepp.scheduling.queue.AdmissionQueues;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/// What a [KvRouter] works with.
///
/// - `trackOutputBlocks`: generated tokens count as load
/// - `pickThreads`: runs decisions about larger bodies
/// - `nanoClock`: a monotonic clock
/// - `clock`: tells the time
public record RouterParts(
        RequestParser parser,
        Preprocessors preprocessors,
        PrefixFinder prefixes,
        ActiveSequences active,
        Placements placements,
        SessionAffinity sessions,
        PrefillConfig prefill,
        WorkerHealth health,
        OverloadMonitor overload,
        AdmissionQueues queues,
        ReuseLedger reuse,
        boolean trackOutputBlocks,
        HeaderDialect dialect,
        EppMetrics metrics,
        PickExecutor pickThreads,
        LongSupplier nanoClock,
        InstantSource clock) {}
