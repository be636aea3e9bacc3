package io.kvepp.it.stack;

import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RecordingUpstream;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.util.List;

/// Workers with everything a test needs around them.
///
/// - `gateway`: Envoy and kv-epp in front of a Direct frontend
/// - `client`: sends through that gateway
/// - `direct`: that frontend
/// - `frontend`: sends to it, past the gateway
/// - `oracle`: a frontend in KV mode that knows the same workers
/// - `recording`: a second gateway for the same workers, in front of `upstream`, which lets prompts
///   of any length through
///
/// Thread-safe.
public record Deployment(
        Stack stack,
        Gateway gateway,
        InferenceClient client,
        Stack.Frontend direct,
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
            // All at once: nobody depends on anybody's being first.
            Stack.Frontend direct = stack.launchFrontend("direct");
            Stack.Frontend kv = stack.launchFrontend("kv");
            Gateway gateway = stack.launchGateway("direct", direct.port());
            Gateway recording = stack.launchGateway("recording", upstream.port(), "--long-prompts", "route");
            stack.startWorkers(roles);
            List.of(direct, kv).forEach(stack::awaitModelListed);
            List.of(gateway, recording).forEach(stack::awaitWorkersKnown);
            return new Deployment(
                    stack,
                    gateway,
                    new InferenceClient(gateway.port()),
                    direct,
                    new InferenceClient(direct.port()),
                    new TokenOracle(new InferenceClient(kv.port())),
                    recording,
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
