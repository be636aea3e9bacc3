package io.kvepp.it.stack;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/// What Dynamo's instance entries say.
public final class RegisteredInstances {
    private RegisteredInstances() {}

    /// The id of each `generate` endpoint by the port of its request plane.
    public static Map<Integer, String> workerIdsByPort(Iterable<JsonNode> instances) {
        Map<Integer, String> ids = new HashMap<>();
        for (JsonNode instance : instances) {
            if (instance.path("endpoint").asText().equals("generate")) {
                String address = instance.at("/transport/tcp").asText().split("/", 2)[0];
                ids.put(
                        Integer.valueOf(address.substring(address.lastIndexOf(':') + 1)),
                        instance.get("instance_id").asText());
            }
        }
        return ids;
    }
}
