package io.kvepp.router.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.scheduling.RouterMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What `./e2e/bench routing` runs.
///
/// `RoutingDriver TRACE WORKERS RATE SEED [RATE]...` prints one JSON object: `replays` at RATE, a list
/// with one object for each policy, and `compared`, with those of `kv` and `least-loaded` at each of
/// the further rates. At rate 1 requests arrive at 70 % of what the workers can serve in turns.
public final class RoutingDriver {
    private static final double SHARE_OF_CAPACITY = 0.7;

    private RoutingDriver() {}

    public static void main(String[] arguments) throws IOException {
        List<TraceRequest> trace = TimedTrace.read(Path.of(arguments[0]));
        int workers = Integer.parseInt(arguments[1]);
        double rate = Double.parseDouble(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        double scale = scaleAtRateOne(trace, workers, seed);
        Map<String, Object> answer = new LinkedHashMap<>();
        List<Map<String, Object>> replays = new ArrayList<>();
        for (Policy policy : policies()) {
            System.err.println("  " + policy.name() + " at rate " + rate);
            replays.add(row(policy, rate, new Simulation(trace, policy, workers, scale / rate, seed).run()));
        }
        answer.put("replays", replays);
        List<Map<String, Object>> compared = new ArrayList<>();
        for (int i = 4; i < arguments.length; i++) {
            double other = Double.parseDouble(arguments[i]);
            System.err.println("  kv and least-loaded at rate " + other);
            for (Policy policy : List.of(Policy.KV, Policy.of(RouterMode.LEAST_LOADED))) {
                compared.add(row(policy, other, new Simulation(trace, policy, workers, scale / other, seed).run()));
            }
        }
        answer.put("compared", compared);
        System.out.println(new ObjectMapper().writeValueAsString(answer));
    }

    /// How long a second of the trace lasts at rate 1.
    static double scaleAtRateOne(List<TraceRequest> trace, int workers, long seed) {
        Policy turns = Policy.of(RouterMode.ROUND_ROBIN);
        double atOnce = new Simulation(trace, turns, workers, 0, seed).run().seconds();
        double capacity = trace.size() / atOnce;
        double traceSeconds =
                Math.max(1, trace.getLast().arrivalMillis() - trace.getFirst().arrivalMillis()) / 1e3;
        return trace.size() / traceSeconds / (SHARE_OF_CAPACITY * capacity);
    }

    private static List<Policy> policies() {
        List<Policy> policies = new ArrayList<>();
        for (RouterMode mode : RouterMode.values()) {
            policies.add(Policy.of(mode));
        }
        policies.add(Policy.ORACLE);
        return policies;
    }

    private static Map<String, Object> row(Policy policy, double rate, Replay replay) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("policy", policy.name());
        row.put("rate", rate);
        row.put("hit_rate", replay.hitRate());
        row.put("ttft_mean_ms", replay.ttftMeanMillis());
        row.put("ttft_p50_ms", replay.ttftP50Millis());
        row.put("ttft_p99_ms", replay.ttftP99Millis());
        row.put("load_cv", replay.loadCv());
        return row;
    }
}
