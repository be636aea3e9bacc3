package io.kvepp.it.select;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.RealParts;
import io.kvepp.load.WorkerLoad;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Dynamo's worker selection service, which runs Dynamo's own scheduler.
///
/// Confined.
final class SelectService {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern SELECTED = Pattern.compile("request_id=\"([^\"]+)\".* logit=(\\S+)");

    private final int port = Ports.free();
    private final SelectionClient client = new SelectionClient(port);
    private final ManagedProcess process;

    /// @param settings further environment variables: Dynamo's router options
    SelectService(String name, Processes processes, RealParts parts, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.putAll(settings);
        environment.put("DYN_LOG", "info");
        environment.put("DYN_SDK_DISABLE_ANSI_LOGGING", "1");
        process = processes.start(
                name,
                List.of(parts.python().toString(), "-m", "dynamo.select_service", "--port", String.valueOf(port)),
                environment);
        Await.until(name + " answers", LIMIT, this::answers);
    }

    void addWorker(long workerId, int blockSize, String eventsAddress) {
        ObjectNode worker = Json.object()
                .put("worker_id", workerId)
                .put("endpoint", "http://127.0.0.1:1")
                .put("block_size", blockSize)
                .put("kv_events_endpoint", eventsAddress)
                .put("data_parallel_size", 1);
        client.call("POST", "/workers", worker);
    }

    /// A worker with two ranks, whose events come from an address each.
    void addWorkerOfTwoRanks(long workerId, int blockSize, String firstAddress, String secondAddress) {
        ObjectNode worker = Json.object()
                .put("worker_id", workerId)
                .put("endpoint", "http://127.0.0.1:1")
                .put("block_size", blockSize)
                .put("data_parallel_size", 2);
        worker.putObject("kv_events_endpoints").put("0", firstAddress).put("1", secondAddress);
        client.call("POST", "/workers", worker);
    }

    SelectionClient client() {
        return client;
    }

    /// Device blocks of a prompt by worker.
    Map<Long, Integer> overlaps(int[] tokenIds) {
        Map<Long, Integer> blocks = new HashMap<>();
        client.call("POST", "/overlap_scores", prompt(tokenIds))
                .required("workers")
                .forEach(worker -> blocks.put(
                        worker.required("worker_id").longValue(),
                        worker.required("device_blocks").intValue()));
        return blocks;
    }

    /// Chooses and books; returns the chosen worker.
    long selectAndReserve(String id, int[] tokenIds, ObjectNode override) {
        ObjectNode request = prompt(tokenIds).put("selection_id", id);
        request.set("router_config_override", override);
        return client.call("POST", "/select_and_reserve", request)
                .required("worker_id")
                .longValue();
    }

    void prefillComplete(String id) {
        client.call("POST", "/reservations/" + id + "/prefill_complete", Json.object());
    }

    void outputBlock(String id) {
        client.call("POST", "/reservations/" + id + "/output_block", Json.object());
    }

    void free(String id) {
        client.call("DELETE", "/reservations/" + id, null);
    }

    Map<Long, WorkerLoad> loads() {
        Map<Long, WorkerLoad> loads = new HashMap<>();
        client.call("GET", "/loads", null)
                .required(0)
                .required("loads")
                .forEach(load -> loads.put(
                        load.required("worker_id").longValue(),
                        new WorkerLoad(
                                load.required("active_requests").intValue(),
                                load.required("potential_prefill_tokens").longValue(),
                                load.required("potential_decode_blocks").longValue())));
        return loads;
    }

    /// What each choice cost, by selection id, as the service's log says.
    Map<String, Double> loggedCosts(int expected) {
        return Await.present("costs in the log of " + process.name(), LIMIT, () -> {
            Map<String, Double> costs = new HashMap<>();
            SELECTED.matcher(process.output())
                    .results()
                    .forEach(found -> costs.put(found.group(1), Double.parseDouble(found.group(2))));
            return costs.size() >= expected ? Optional.of(costs) : Optional.empty();
        });
    }

    private boolean answers() {
        process.requireAlive();
        try {
            return client.send("GET", "/health", null).status() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private static ObjectNode prompt(int[] tokenIds) {
        ObjectNode prompt = Json.object();
        var ids = prompt.putArray("token_ids");
        for (int id : tokenIds) {
            ids.add(id);
        }
        return prompt;
    }
}
