package io.kvepp.kube;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;

/// An API server that is asked and written to as well; every call waits for its answer.
///
/// Thread-safe.
public interface KubeStore extends KubeApi {
    /// The objects that exist now, as the API server says.
    ///
    /// @throws IOException when it cannot be reached or refuses
    List<KubeObject> list(KubeKind kind, KubeScope scope) throws IOException;

    /// Creates an object of the own namespace, or makes it what `object` says of it: by server-side
    /// apply, in which `manager` gets every field that it names, and those it no longer names go.
    ///
    /// @param object `metadata.name`, and what else the kind has
    /// @throws IOException when the API server cannot be reached or refuses
    void apply(KubeKind kind, JsonNode object, String manager) throws IOException;

    /// Deletes an object of the own namespace, if there is one.
    ///
    /// @throws IOException when the API server cannot be reached or refuses
    void delete(KubeKind kind, String name) throws IOException;
}
