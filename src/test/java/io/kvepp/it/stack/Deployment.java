package io.kvepp.it.stack;

import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RecordingUpstream;
import io.kvepp.it.stack.WorkerProcess.Role;

/// Workers with everything a test needs around them.
///
/// - `gateway`: Envoy and kv-epp in front of a Direct frontend
/// - `client`: sends through that gateway
/// - `frontend`: sends to that frontend, past the gateway
/// - `oracle`: a frontend in KV mode that knows the same workers
/// - `recording`: a second gateway for the same workers, in front of `upstream`
///
/// Thread-safe.
public record Deployment(
        Stack stack,
        Gateway gateway,
        InferenceClient client,
        InferenceClient frontend,
        TokenOracle oracle,
        Gateway recording,
        RecordingUpstream upstream)
        implements AutoCloseable {
    /// Starts a worker for each role, and the rest.
    static Deployment start(String name, RealParts parts, Role... roles) {
        Stack stack = new Stack(name, parts, StackSettings.DEFAULT);
        RecordingUpstream upstream = new RecordingUpstream();
        try {
            stack.startWorkers(roles);
            int direct = stack.startFrontend("direct");
            int kv = stack.startFrontend("kv");
            Gateway gateway = stack.startGateway("direct", direct);
            return new Deployment(
                    stack,
                    gateway,
                    new InferenceClient(gateway.port()),
                    new InferenceClient(direct),
                    new TokenOracle(new InferenceClient(kv)),
                    stack.startGateway("recording", upstream.port()),
                    upstream);
        } catch (RuntimeException | Error e) {
            upstream.close();
            stack.close();
            throw e;
        }
    }

    /// The name of the only model.
    public String model() {
        return stack.settings().modelName();
    }

    @Override
    public void close() {
        upstream.close();
        stack.close();
    }
}
