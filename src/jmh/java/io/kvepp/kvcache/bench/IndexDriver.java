package io.kvepp.kvcache.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// kv-epp's side of `./e2e/bench index`, and the maker of its workloads.
///
/// `IndexDriver WORKLOAD` reads commands from standard input, one a line, and answers each with one
/// JSON object on one line: `check` ([ExactCheck]), `warm` ([WarmUp]), `run` ([Phases]), `memory`
/// ([MemoryCheck]). It ends with its input. A complaint is on standard output too, with status 2.
///
/// *Confined* to the main thread, but for the readers of [Phases].
public final class IndexDriver {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Workload workload;
    private @Nullable Phases phases;

    private IndexDriver(Workload workload) {
        this.workload = workload;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try {
            if (arguments.length != 1) {
                throw new IllegalArgumentException("arguments: " + arguments.length + " (expected: WORKLOAD)");
            }
            new IndexDriver(Workload.read(Path.of(arguments[0]))).serve();
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
            System.exit(2);
        }
    }

    private void serve() throws IOException, InterruptedException {
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            System.out.println(JSON.writeValueAsString(answer(command)));
        }
    }

    private Map<String, Object> answer(String command) throws InterruptedException {
        return switch (command) {
            case "check" -> ExactCheck.of(workload);
            case "warm" -> Map.of("passes", warmUp());
            case "run" -> phases().run().figures();
            case "memory" -> MemoryCheck.of(workload);
            default ->
                throw new IllegalArgumentException("command: " + command + " (expected: check, warm, run or memory)");
        };
    }

    private int warmUp() throws InterruptedException {
        WarmUp warmUp = new WarmUp(System::nanoTime);
        while (!warmUp.settled()) {
            warmUp.passed(phases().run().applySeconds());
        }
        return warmUp.passes();
    }

    private Phases phases() {
        if (phases == null) {
            phases = new Phases(workload, System::nanoTime);
        }
        return phases;
    }
}
