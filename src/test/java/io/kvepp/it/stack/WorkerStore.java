package io.kvepp.it.stack;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.metrics.EppMetrics;
import java.util.List;
import java.util.Map;

/// Where the workers of a stack announce themselves.
public interface WorkerStore {
    /// What Dynamo's programs need to use it.
    Map<String, String> environment();

    /// Makes room for one of Dynamo's programs, and tells what it alone needs to use the store.
    ///
    /// @param program its name in the stack
    default Map<String, String> admit(String program) {
        return Map.of();
    }

    /// What kv-epp needs to use it.
    List<String> kvEppFlags();

    /// What kv-epp itself would see of it; not started.
    WorkerDiscovery discovery(EppMetrics metrics);

    /// The id of each registered `generate` endpoint by the port of its request plane.
    Map<Integer, String> workerIdsByPort();
}
