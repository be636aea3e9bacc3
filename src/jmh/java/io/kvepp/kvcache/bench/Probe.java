package io.kvepp.kvcache.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Short orders of events that an index can get wrong, all in one workload: each has contents and
/// three workers of its own, and ends with a lookup of `abcd`.
///
/// How they are written: `0+ab` is worker 0 storing a and b, `0+b>cd` storing c and d under b, `0-b`
/// removing b. A capital is the same content under an external hash of that worker's own.
///
/// Immutable.
record Probe(String events, List<Integer> exact) {
    static final List<Probe> ALL = List.of(
            new Probe("0+abcd 0-b 0+a>b", List.of(4, 0, 0)),
            new Probe("0+ab 0-a 0+b>cd 0+a", List.of(4, 0, 0)),
            new Probe("0+abcd 0-b 0+a>b 0-d", List.of(3, 0, 0)),
            new Probe("0+ab 2+abx 1+abcd 1-ba 2-xba", List.of(2, 0, 0)),
            new Probe("0+ab 1+abx 0+b>cd 0-a 0+a", List.of(4, 2, 0)),
            new Probe("0+abcd 1+ABCD 1-DCBA", List.of(4, 0, 0)),
            new Probe("0+ab 1+AB 1+B>CD", List.of(2, 4, 0)));

    private static final int WORKERS_EACH = 3;
    private static final String PROMPT = "abcd";
    private static final long SEED = 1;

    /// The workload; request `2n + 1` is the lookup of probe `n`.
    static WorkloadFile workload() {
        WorkloadFile file = new WorkloadFile(ALL.size() * WORKERS_EACH);
        for (int number = 0; number < ALL.size(); number++) {
            ALL.get(number).write(file, number);
        }
        return file;
    }

    private void write(WorkloadFile file, int number) {
        Map<Character, Integer> rows = new HashMap<>();
        for (char block : "abcdxABCD".toCharArray()) {
            long content = ((long) number << 8) | Character.toLowerCase(block);
            rows.put(block, file.row(Mix.hash(SEED, ((long) number << 8) | block), Mix.hash(SEED, content)));
        }
        List<String> steps = List.of(events.split(" "));
        file.request(new int[0], new short[ALL.size() * WORKERS_EACH]);
        file.word(steps.size());
        for (String step : steps) {
            writeEvent(file, number, step, rows);
        }
        short[] depths = new short[ALL.size() * WORKERS_EACH];
        for (int worker = 0; worker < WORKERS_EACH; worker++) {
            depths[number * WORKERS_EACH + worker] = exact.get(worker).shortValue();
        }
        file.request(rowsOf(PROMPT, rows), depths);
        file.word(0);
    }

    private static void writeEvent(WorkloadFile file, int number, String step, Map<Character, Integer> rows) {
        int worker = number * WORKERS_EACH + Character.digit(step.charAt(0), 10);
        int under = step.indexOf('>');
        int[] blocks = rowsOf(step.substring(Math.max(1, under) + 1), rows);
        int parent = under < 0 ? BlockLru.NONE : rowsOf(step.substring(2, under), rows)[0];
        int kind = step.charAt(1) == '+' ? WorkloadFile.STORED : WorkloadFile.REMOVED;
        file.event(worker, kind, parent, blocks, blocks.length);
    }

    private static int[] rowsOf(String blocks, Map<Character, Integer> rows) {
        return blocks.chars().map(block -> rows.get((char) block)).toArray();
    }
}
