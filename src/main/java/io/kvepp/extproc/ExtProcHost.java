package io.kvepp.extproc;

import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// What an [ExtProcService] needs of the process around it.
///
/// - `timer`: runs the deadlines; owned by the service from its construction on
/// - `nanoClock`: a monotonic clock
/// - `requestIds`: makes an id for a request that comes without one
/// - `acceptsRequests`: false until the process was ready once; streams are refused meanwhile
public record ExtProcHost(
        ScheduledExecutorService timer,
        LongSupplier nanoClock,
        Supplier<String> requestIds,
        BooleanSupplier acceptsRequests) {}
