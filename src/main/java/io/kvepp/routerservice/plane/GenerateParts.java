package io.kvepp.routerservice.plane;

import io.kvepp.routerservice.SelectionService;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// What all requests of `generate` share.
///
/// - `enforceDisagg`: requests for decode workers fail while there is no prefill worker
/// - `ids`: UUIDs that do not repeat
/// - `random`: any number
///
/// Immutable; the parts are thread-safe.
record GenerateParts(
        SelectionService service,
        Selections selections,
        WorkerCalls calls,
        Supplier<Fleet> fleet,
        int migrationsMax,
        PrefillBypass bypass,
        boolean enforceDisagg,
        Supplier<UUID> ids,
        LongSupplier random) {}
