package io.kvepp.kvcache.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// What `./e2e/bench index-capacity` runs: one index with very many blocks.
///
/// `CapacityDriver WORKERS BLOCKS_PER_WORKER REMOVALS SEED` prints one JSON object: what
/// [CapacityRun] measures, and the process's largest resident memory. A small index goes through the
/// same before, for the compiler.
///
/// *Confined* to the main thread.
public final class CapacityDriver {
    private static final int REHEARSALS = 4;
    private static final int REHEARSAL_WORKERS = 12;

    private CapacityDriver() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int workers = Integer.parseInt(arguments[0]);
        int blocksPerWorker = Integer.parseInt(arguments[1]);
        int removals = Integer.parseInt(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        for (int i = 0; i < REHEARSALS; i++) {
            SyntheticWorkers few = new SyntheticWorkers(REHEARSAL_WORKERS, blocksPerWorker, seed - 1 - i);
            CapacityRun.of(few, REHEARSAL_WORKERS / 2, System::nanoTime);
        }
        SyntheticWorkers all = new SyntheticWorkers(workers, blocksPerWorker, seed);
        Map<String, Object> figures = CapacityRun.of(all, removals, System::nanoTime);
        figures.put("peak_resident_bytes", peakResidentBytes());
        System.out.println(new ObjectMapper().writeValueAsString(figures));
    }

    private static long peakResidentBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
            }
        }
        throw new IOException("/proc/self/status: no VmHWM");
    }
}
