package io.kvepp.pool;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.PodIds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The ready endpoints of a pool at one moment.
///
/// - `endpoints`: every target port of every ready pod, `ip:port`, IPv6 in brackets; sorted by pod,
///   then as the pool lists its ports
/// - `byWorker`: the pod of a worker, by the ids that Dynamo gives to the pod and to its containers
///
/// Immutable.
public record PoolMembers(List<String> endpoints, Map<Long, Pod> byWorker) {
    public static final PoolMembers NONE = new PoolMembers(List.of(), Map.of());

    private static final List<String> ACTIVE_PORTS =
            List.of("llm-d.ai/active-ports", "inference.networking.k8s.io/active-ports");

    public PoolMembers {
        endpoints = List.copyOf(endpoints);
        byWorker = Map.copyOf(byWorker);
    }

    /// A ready pod.
    ///
    /// - `members`: its endpoints of the pool
    /// - `entries`: where requests for a worker in it go: the port named `http` if it has one, else its
    ///   endpoints, by rank
    ///
    /// Immutable.
    public record Pod(List<String> members, List<String> entries) {
        public Pod {
            members = List.copyOf(members);
            entries = List.copyOf(entries);
        }
    }

    static PoolMembers of(List<Integer> targetPorts, List<KubeObject> pods) {
        Set<String> endpoints = new LinkedHashSet<>();
        Map<Long, Pod> byWorker = new LinkedHashMap<>();
        for (KubeObject pod : pods) {
            String ip = pod.json().path("status").path("podIP").asText();
            if (ip.isEmpty() || pod.isLeaving() || !isReady(pod)) {
                continue;
            }
            List<String> own = active(pod, targetPorts).stream()
                    .map(port -> endpoint(ip, port))
                    .toList();
            endpoints.addAll(own);
            int http = httpPort(pod);
            List<String> entry = http == 0 ? own : List.of(endpoint(ip, http));
            if (!entry.isEmpty()) {
                Pod member = new Pod(own, entry);
                workerIds(pod).forEach(id -> byWorker.put(id, member));
            }
        }
        return new PoolMembers(new ArrayList<>(endpoints), byWorker);
    }

    private static boolean isReady(KubeObject pod) {
        for (JsonNode condition : pod.json().path("status").path("conditions")) {
            if (condition.path("type").asText().equals("Ready")) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    /// A pod may say that only some of its ports are in use.
    private static List<Integer> active(KubeObject pod, List<Integer> targetPorts) {
        Map<String, String> annotations = pod.annotations();
        for (String name : ACTIVE_PORTS) {
            @Nullable String text = annotations.get(name);
            if (text != null) {
                List<String> active =
                        Arrays.stream(text.split(",", -1)).map(String::strip).toList();
                return targetPorts.stream()
                        .filter(port -> active.contains(Integer.toString(port)))
                        .toList();
            }
        }
        return targetPorts;
    }

    private static int httpPort(KubeObject pod) {
        for (JsonNode container : pod.json().path("spec").path("containers")) {
            for (JsonNode port : container.path("ports")) {
                if (port.path("name").asText().equals("http")) {
                    return port.path("containerPort").asInt();
                }
            }
        }
        return 0;
    }

    private static List<Long> workerIds(KubeObject pod) {
        List<Long> ids = new ArrayList<>();
        ids.add(PodIds.instanceId(pod.name()));
        for (JsonNode container : pod.json().path("spec").path("containers")) {
            ids.add(PodIds.instanceId(pod.name() + "-" + container.path("name").asText()));
        }
        return ids;
    }

    private static String endpoint(String ip, int port) {
        return (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port;
    }
}
