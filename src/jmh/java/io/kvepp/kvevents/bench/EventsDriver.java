package io.kvepp.kvevents.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvevents.bench.EventPath.Form;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/// kv-epp's side of `./e2e/bench events`.
///
/// `EventsDriver FILE` reads commands from standard input, one a line, and answers each with one JSON
/// object on one line: `run zmq` and `run raw` (every message once, as fast as they go), `lag zmq
/// BLOCKS_A_SECOND PASSES`, `lag raw ...` (every message at that rate, so often, each time into an
/// index of its own). It ends with its input.
///
/// *Confined* to the main thread, but for the lane.
public final class EventsDriver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PAUSE_NANOS = 200_000;

    private final EventMessages all;

    private EventsDriver(EventMessages all) {
        this.all = all;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 1) {
            throw new IllegalArgumentException("arguments: " + arguments.length + " (expected: FILE)");
        }
        EventsDriver driver = new EventsDriver(EventMessages.read(Path.of(arguments[0])));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            System.out.println(JSON.writeValueAsString(driver.answer(command.split(" ", -1))));
        }
    }

    private Map<String, Object> answer(String[] words) throws InterruptedException {
        Form form = Form.valueOf(words[1].toUpperCase(Locale.ROOT));
        return switch (words[0]) {
            case "run" -> run(form);
            case "lag" -> lag(form, Double.parseDouble(words[2]), Integer.parseInt(words[3]));
            default -> throw new IllegalArgumentException("command: " + words[0] + " (expected: run or lag)");
        };
    }

    private Map<String, Object> run(Form form) throws InterruptedException {
        try (EventPath path = new EventPath(all.ranks())) {
            long start = System.nanoTime();
            for (EventMessages.Message message : all.messages()) {
                form.hand(path, message);
            }
            path.drain();
            double seconds = (System.nanoTime() - start) / 1e9;
            return Map.of("seconds", seconds, "blocks", all.blocks(), "lost", path.lost(), "matched", matched(path));
        }
    }

    /// Over all passes: the collector stops the lane for some milliseconds every few seconds, which one
    /// pass would count not at all or too often.
    private Map<String, Object> lag(Form form, double blocksPerSecond, int passes) throws InterruptedException {
        int count = all.messages().size();
        long[] lags = new long[count * passes];
        long lost = 0;
        long start = System.nanoTime();
        for (int pass = 0; pass < passes; pass++) {
            lost += pace(form, blocksPerSecond, lags, pass * count);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Arrays.sort(lags);
        return Map.of(
                "lag_p50_ms", lags[lags.length / 2] / 1e6,
                "lag_p99_ms", lags[lags.length - 1 - lags.length / 100] / 1e6,
                "lag_max_ms", lags[lags.length - 1] / 1e6,
                "mblocks_s", passes * all.blocks() / seconds / 1e6,
                "lost", lost);
    }

    /// Every message at its time; what was lost.
    private long pace(Form form, double blocksPerSecond, long[] lags, int from) throws InterruptedException {
        int count = all.messages().size();
        double messagesPerNano = blocksPerSecond * count / all.blocks() / 1e9;
        try (EventPath path = new EventPath(all.ranks())) {
            long start = System.nanoTime();
            for (int i = 0; i < count; ) {
                int due = (int) Math.min(count, (System.nanoTime() - start) * messagesPerNano);
                for (; i < due; i++) {
                    int place = from + i;
                    long handed = System.nanoTime();
                    form.hand(path, all.messages().get(i));
                    path.afterwards(() -> lags[place] = System.nanoTime() - handed);
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            path.drain();
            return path.lost();
        }
    }

    /// Blocks that all queries find on all ranks.
    private long matched(EventPath path) {
        long matched = 0;
        for (long[] query : all.queries()) {
            OverlapScores scores = path.index().findMatches(new BlockHashes(query, query, EventsMaker.TOKENS_A_BLOCK));
            for (int blocks : scores.deviceBlocks()) {
                matched += blocks;
            }
        }
        return matched;
    }
}
