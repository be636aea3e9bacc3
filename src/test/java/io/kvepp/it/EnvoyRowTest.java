package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EnvoyRowTest {
    private static final Map<String, List<?>> VALUES = Map.of(
            "release",
            Stream.concat(EnvoyRow.OLDER.stream(), Stream.of(EnvoyRow.NEWEST)).toList(),
            "mode",
            EnvoyRow.MODES,
            "http2",
            List.of(false, true),
            "trailers",
            List.of(false, true),
            "bytes",
            List.of(1, 400, 100_000, 1_000_000, EnvoyRow.LARGEST),
            "cluster",
            EnvoyRow.CLUSTERS);

    @Test
    void everyTwoValuesOfDifferentColumnsMeetInTheTable() {
        List<String> expected = new ArrayList<>();
        for (String column : VALUES.keySet()) {
            for (String other : VALUES.keySet()) {
                if (column.compareTo(other) < 0) {
                    VALUES.get(column)
                            .forEach(one ->
                                    VALUES.get(other).forEach(two -> expected.add(pair(column, one, other, two))));
                }
            }
        }

        assertThat(met(EnvoyRow.pairwise())).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void theNewestReleaseMeetsEveryCombinationOfSmallBodiesAndEveryLargeOneInEachMode() {
        Set<List<Object>> small = new HashSet<>();
        Set<List<Object>> large = new HashSet<>();
        for (EnvoyRow row : EnvoyRow.ofTheNewest()) {
            if (row.bytes() < 1_000_000) {
                small.add(List.of(row.mode(), row.http2(), row.trailers(), row.bytes()));
            } else {
                large.add(List.of(row.mode(), row.http2(), row.bytes()));
            }
        }

        assertThat(small).hasSize(6 * 2 * 2 * 3);
        assertThat(large).hasSize(6 * 2 * 2);
    }

    private static Set<String> met(List<EnvoyRow> rows) {
        Set<String> met = new HashSet<>();
        for (EnvoyRow row : rows) {
            row.values()
                    .forEach((column, one) -> row.values().forEach((other, two) -> {
                        if (column.compareTo(other) < 0) {
                            met.add(pair(column, one, other, two));
                        }
                    }));
        }
        return met;
    }

    private static String pair(String column, Object one, String other, Object two) {
        return column + " " + one + ", " + other + " " + two;
    }
}
