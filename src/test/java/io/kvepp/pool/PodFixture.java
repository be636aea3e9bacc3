package io.kvepp.pool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/// Pods and pools as an API server tells them.
final class PodFixture {
    private PodFixture() {}

    /// A ready pod with the label `app`, and a container `main` without named ports.
    static ObjectNode pod(String name, String app, String ip) {
        ObjectNode pod = JsonNodeFactory.instance.objectNode();
        pod.putObject("metadata")
                .put("name", name)
                .put("uid", "u-" + name)
                .putObject("labels")
                .put("app", app);
        pod.putObject("spec").putArray("containers").addObject().put("name", "main");
        pod.putObject("status")
                .put("podIP", ip)
                .putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", "True");
        return pod;
    }

    static ObjectNode notReady(ObjectNode pod) {
        ((ObjectNode) pod.at("/status/conditions/0")).put("status", "False");
        return pod;
    }

    static ObjectNode leaving(ObjectNode object) {
        object.withObject("/metadata").put("deletionTimestamp", "2026-11-20T23:00:00Z");
        return object;
    }

    static ObjectNode annotated(ObjectNode pod, String name, String value) {
        pod.withObject("/metadata/annotations").put(name, value);
        return pod;
    }

    /// Adds a container with a named port.
    static ObjectNode withPort(ObjectNode pod, String container, String name, int port) {
        pod.withArray("/spec/containers")
                .addObject()
                .put("name", container)
                .putArray("ports")
                .addObject()
                .put("name", name)
                .put("containerPort", port);
        return pod;
    }

    static JsonNode pool(String name, Map<String, String> labels, int... ports) {
        ObjectNode pool = JsonNodeFactory.instance.objectNode();
        pool.putObject("metadata").put("name", name).put("uid", "u-" + name);
        ObjectNode spec = pool.putObject("spec");
        labels.forEach(spec.putObject("selector").putObject("matchLabels")::put);
        var targets = spec.putArray("targetPorts");
        for (int port : ports) {
            targets.addObject().put("number", port);
        }
        return pool;
    }
}
