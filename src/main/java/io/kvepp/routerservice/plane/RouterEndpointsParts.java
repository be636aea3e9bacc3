package io.kvepp.routerservice.plane;

import io.kvepp.requestplane.RequestPlaneClient;
import io.kvepp.routerservice.SelectionService;
import io.kvepp.worker.WorkerDirectory;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// What [RouterEndpoints] work with; a picker in the same process works with the same.
///
/// - `enforceDisagg`: requests for decode workers fail while there is no prefill worker
/// - `ids`: UUIDs that do not repeat
/// - `random`: any number
///
/// Immutable; the parts are thread-safe.
public record RouterEndpointsParts(
        SelectionService service,
        RequestPlaneClient client,
        WorkerDirectory.Snapshot directory,
        boolean enforceDisagg,
        Supplier<UUID> ids,
        LongSupplier random) {}
