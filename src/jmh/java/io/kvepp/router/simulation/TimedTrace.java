package io.kvepp.router.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A trace in Mooncake's format: one JSON object a line, with `timestamp` (milliseconds),
/// `input_length`, `output_length` (tokens) and `hash_ids` (of blocks of 512 tokens).
final class TimedTrace {
    private TimedTrace() {}

    /// Requests in the order of their arrival.
    ///
    /// @throws IllegalArgumentException that names the line and the field that cannot be used
    static List<TraceRequest> read(Path file) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        List<TraceRequest> requests = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    requests.add(request(mapper.readTree(line), file.getFileName() + " line " + number));
                }
            }
        }
        if (requests.isEmpty()) {
            throw new IllegalArgumentException(file.getFileName() + ": no requests (expected: one a line)");
        }
        requests.sort((first, second) -> Long.compare(first.arrivalMillis(), second.arrivalMillis()));
        return requests;
    }

    private static TraceRequest request(JsonNode line, String place) {
        JsonNode ids = line.path("hash_ids");
        if (!ids.isArray()) {
            throw new IllegalArgumentException(place + ": hash_ids: none (expected: a list)");
        }
        long[] blocks = new long[ids.size()];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = ids.get(i).longValue();
        }
        return TraceRequest.of(
                number(line, "timestamp", place),
                (int) number(line, "input_length", place),
                (int) number(line, "output_length", place),
                blocks);
    }

    private static long number(JsonNode line, String name, String place) {
        JsonNode value = line.path(name);
        if (!value.isIntegralNumber() || value.longValue() < 0 || value.longValue() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(place + ": " + name + ": " + value + " (expected: a whole number >= 0)");
        }
        return value.longValue();
    }
}
