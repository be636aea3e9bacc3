package io.kvepp.discovery;

import io.kvepp.worker.card.EndpointId;
import java.io.IOException;

/// Announces endpoints of this process where workers announce theirs.
///
/// Everything is announced under one instance id and one lease: it lives until it is withdrawn, or
/// until a while after the process has died.
///
/// Thread-safe.
public interface EndpointRegistration extends AutoCloseable {
    /// Takes the lease; before anything else, and once.
    ///
    /// @throws IOException when the store cannot be reached
    void start() throws IOException;

    /// Names this process among all that serve the same endpoints; unsigned.
    long instanceId();

    /// Announces an endpoint. `transport` is where it is called over the request plane.
    ///
    /// @throws IOException when the store cannot be written
    void announce(EndpointId endpoint, String transport) throws IOException;

    /// Announces that `endpoint` serves the models that a worker serves, whole requests of them; an
    /// earlier announcement is replaced. False when the store does not know the worker's models.
    ///
    /// @throws IOException when the store cannot be written
    boolean announceModels(EndpointId endpoint, EndpointId workerEndpoint, long workerId) throws IOException;

    /// Takes the models of an endpoint back.
    void withdrawModels(EndpointId endpoint);

    /// Withdraws everything.
    @Override
    void close();
}
