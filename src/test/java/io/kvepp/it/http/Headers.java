package io.kvepp.it.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Header lines in order; a name may come several times.
///
/// Immutable.
public record Headers(List<Map.Entry<String, String>> lines) {
    public static final Headers NONE = new Headers(List.of());

    public Headers {
        lines = List.copyOf(lines);
    }

    /// Names and values in turn.
    public static Headers of(String... namesAndValues) {
        Headers headers = NONE;
        for (int i = 0; i < namesAndValues.length; i += 2) {
            headers = headers.with(namesAndValues[i], namesAndValues[i + 1]);
        }
        return headers;
    }

    public Headers with(String name, String value) {
        List<Map.Entry<String, String>> more = new ArrayList<>(lines);
        more.add(Map.entry(name, value));
        return new Headers(more);
    }

    /// All values of a name, whatever its case.
    public List<String> all(String name) {
        return lines.stream()
                .filter(line -> line.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .toList();
    }
}
