package io.kvepp.load.signals;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the `/metrics` page of a vLLM or SGLang server says of its load.
///
/// - `byRank`: never empty; by the data-parallel rank that the page names, 0 where it names none
///
/// Source: vLLM `vllm/v1/metrics/loggers`, SGLang `sglang/srt/observability/metrics_collector`; the
/// text format of Prometheus.
///
/// Immutable.
record MetricsPage(Map<Integer, EngineReport> byRank) {
    /*
     * Samples of one rank
     * -------------------
     * Tensor-parallel processes of one rank may each tell the same, and with priorities the total
     * stands beside its parts. The largest value is the one that counts in both cases.
     */
    private static final Map<String, Field> FIELDS = Map.of(
            "vllm:num_requests_waiting", Field.WAITING,
            "sglang:num_queue_reqs", Field.WAITING,
            "vllm:num_requests_running", Field.RUNNING,
            "sglang:num_running_reqs", Field.RUNNING,
            "vllm:kv_cache_usage_perc", Field.USED,
            "vllm:gpu_cache_usage_perc", Field.USED,
            "sglang:token_usage", Field.USED);
    private static final String VLLM_RANK = "engine";
    private static final String SGLANG_RANK = "dp_rank";

    private enum Field {
        WAITING,
        RUNNING,
        USED
    }

    MetricsPage {
        byRank = Map.copyOf(byRank);
    }

    /// Empty when the page has nothing of an engine that is known.
    static Optional<MetricsPage> read(String text) {
        Map<Integer, Map<Field, Double>> values = new TreeMap<>();
        text.lines().forEach(line -> readLine(line, values));
        Map<Integer, EngineReport> reports = new HashMap<>();
        values.forEach((rank, fields) -> reports.put(
                rank,
                new EngineReport(
                        fields.getOrDefault(Field.WAITING, 0.0).intValue(),
                        fields.getOrDefault(Field.RUNNING, 0.0).intValue(),
                        Math.min(1, fields.getOrDefault(Field.USED, 0.0)))));
        return reports.isEmpty() ? Optional.empty() : Optional.of(new MetricsPage(reports));
    }

    /// All ranks together.
    EngineReport whole() {
        return byRank.values().stream().reduce(EngineReport.NOTHING, EngineReport::plus);
    }

    private static void readLine(String line, Map<Integer, Map<Field, Double>> values) {
        int nameEnd = nameEnd(line);
        @Nullable Field field = FIELDS.get(line.substring(0, nameEnd));
        if (field == null) {
            return;
        }
        Labels labels = Labels.read(line, nameEnd);
        double value = value(line.substring(labels.end()).trim());
        if (value >= 0) {
            values.computeIfAbsent(labels.rank(), _ -> new EnumMap<>(Field.class))
                    .merge(field, value, Math::max);
        }
    }

    private static int nameEnd(String line) {
        int end = 0;
        while (end < line.length() && line.charAt(end) != '{' && line.charAt(end) != ' ') {
            end++;
        }
        return end;
    }

    /// The first word as a number, -1 when it is none that counts something.
    private static double value(String rest) {
        int end = rest.indexOf(' ');
        try {
            double value = Double.parseDouble(end < 0 ? rest : rest.substring(0, end));
            return Double.isFinite(value) ? value : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /// What the labels of a sample say: the rank, and where they end.
    private record Labels(int rank, int end) {
        static Labels read(String line, int from) {
            if (from >= line.length() || line.charAt(from) != '{') {
                return new Labels(0, from);
            }
            int rank = 0;
            int at = from + 1;
            while (at < line.length() && line.charAt(at) != '}') {
                int equals = line.indexOf('=', at);
                int open = equals + 1;
                if (equals < 0 || open >= line.length() || line.charAt(open) != '"') {
                    return new Labels(0, line.length());
                }
                int close = closingQuote(line, open + 1);
                String name = line.substring(at, equals).trim();
                if (name.equals(VLLM_RANK) || name.equals(SGLANG_RANK)) {
                    rank = number(line.substring(open + 1, close));
                }
                at = Math.min(line.length(), close + 1);
                while (at < line.length() && (line.charAt(at) == ',' || line.charAt(at) == ' ')) {
                    at++;
                }
            }
            return new Labels(rank, Math.min(line.length(), at + 1));
        }

        private static int closingQuote(String line, int from) {
            int at = from;
            while (at < line.length() && line.charAt(at) != '"') {
                at += line.charAt(at) == '\\' ? 2 : 1;
            }
            return Math.min(at, line.length());
        }

        private static int number(String text) {
            try {
                return Math.max(0, Integer.parseInt(text));
            } catch (NumberFormatException e) {
                return 0;
            }
        }
    }
}
