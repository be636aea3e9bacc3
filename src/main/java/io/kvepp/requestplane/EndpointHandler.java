package io.kvepp.requestplane;

import java.io.IOException;

/// Serves the requests of one endpoint.
///
/// - Called on a virtual thread of its own for each request; it may block.
/// - When it returns, the answer is complete. An [EndpointException] becomes an error item of its
///   type, any other unchecked one an item of type `Unknown` without its text.
/// - An IOException says that the caller is gone; nobody is told.
///
/// Implementations are thread-safe.
@FunctionalInterface
public interface EndpointHandler {
    void handle(EndpointRequest request, EndpointAnswer answer)
            throws EndpointException, IOException, InterruptedException;
}
