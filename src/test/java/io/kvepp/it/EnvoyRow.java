package io.kvepp.it;

import io.kvepp.it.stack.EnvoyBootstrap;
import io.kvepp.it.stack.EnvoyBootstrap.Asking;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One request and the way it takes: a line of the table of real Envoys.
///
/// `bytes` is the length of the request's body and of the answer; bodies of [#CHATS] are chats,
/// others are not for kv-epp to read. With `trailers` both end with some.
///
/// Immutable.
record EnvoyRow(String version, String mode, boolean http2, boolean trailers, int bytes, String cluster) {
    /// The release that everything is tried with.
    static final String NEWEST = "1.40";

    static final List<String> OLDER = List.of("1.36.4", "1.37.0", "1.38.3", "1.39.3");
    static final List<String> MODES = List.of("full-duplex", "buffered", "none", "partial", "streamed", "early");
    static final List<String> CLUSTERS = List.of(EnvoyBootstrap.OVERRIDE_HOST, EnvoyBootstrap.ORIGINAL_DST);
    static final List<Integer> CHATS = List.of(400, 100_000, 1_000_000);
    static final int LARGEST = 16 << 20;

    /// Every two values of different columns are together in a line: release, body mode, HTTP
    /// version of the client, trailers, bytes, and how the endpoint is dialled.
    private static final String PAIRWISE = """
            1.36.4 full-duplex 2 trailers      400 original-dst
            1.36.4 buffered    2 trailers        1 original-dst
            1.36.4 none        2 trailers 16777216 original-dst
            1.36.4 partial     1 plain         400 override-host
            1.36.4 streamed    2 plain      100000 original-dst
            1.36.4 early       2 plain     1000000 override-host
            1.37.0 full-duplex 1 plain     1000000 override-host
            1.37.0 buffered    2 trailers   100000 override-host
            1.37.0 none        1 trailers      400 override-host
            1.37.0 partial     1 plain     1000000 original-dst
            1.37.0 streamed    2 trailers 16777216 override-host
            1.37.0 early       2 plain           1 original-dst
            1.38.3 full-duplex 2 plain    16777216 original-dst
            1.38.3 buffered    2 trailers      400 original-dst
            1.38.3 none        2 trailers        1 original-dst
            1.38.3 partial     1 trailers   100000 original-dst
            1.38.3 streamed    2 plain     1000000 original-dst
            1.38.3 early       1 plain      100000 override-host
            1.39.3 full-duplex 2 plain      100000 original-dst
            1.39.3 buffered    1 plain    16777216 original-dst
            1.39.3 none        2 plain     1000000 original-dst
            1.39.3 partial     2 plain    16777216 original-dst
            1.39.3 streamed    1 trailers        1 override-host
            1.39.3 early       1 plain         400 original-dst
            1.40   full-duplex 1 plain           1 override-host
            1.40   buffered    2 trailers  1000000 override-host
            1.40   none        1 plain      100000 override-host
            1.40   partial     2 plain           1 original-dst
            1.40   streamed    2 trailers      400 original-dst
            1.40   early       1 trailers 16777216 original-dst
            """;

    static List<EnvoyRow> pairwise() {
        return PAIRWISE.lines().map(line -> of(line.split(" +"))).toList();
    }

    /// Every combination, in which the clusters take turns; large bodies, which cost
    /// time, are with trailers in every other mode and without in the rest.
    static List<EnvoyRow> ofTheNewest() {
        List<EnvoyRow> rows = new ArrayList<>();
        for (String mode : MODES) {
            for (int choice = 0; choice < 4; choice++) {
                boolean large = choice % 2 == MODES.indexOf(mode) % 2;
                for (int bytes : large ? List.of(1, 400, 100_000, 1_000_000, LARGEST) : List.of(1, 400, 100_000)) {
                    String cluster = CLUSTERS.get(rows.size() % 2);
                    rows.add(new EnvoyRow(NEWEST, mode, choice / 2 == 0, choice % 2 == 0, bytes, cluster));
                }
            }
        }
        return rows;
    }

    private static EnvoyRow of(String... columns) {
        return new EnvoyRow(
                columns[0],
                columns[1],
                columns[2].equals("2"),
                columns[3].equals("trailers"),
                Integer.parseInt(columns[4]),
                columns[5]);
    }

    /// How a picker is asked in a mode of [#MODES].
    static Asking asking(String picker, String mode) {
        return switch (mode) {
            case "full-duplex" -> Asking.fullDuplex(picker);
            case "buffered" -> new Asking(picker, "BUFFERED", "STREAMED", false, false);
            case "none" -> new Asking(picker, "NONE", "NONE", false, false);
            case "partial" -> new Asking(picker, "BUFFERED_PARTIAL", "BUFFERED_PARTIAL", false, false);
            case "streamed" -> new Asking(picker, "STREAMED", "STREAMED", false, false);
            case "early" -> new Asking(picker, "STREAMED", "BUFFERED", true, false);
            default -> throw new IllegalArgumentException("mode: " + mode + " (expected: one of " + MODES + ")");
        };
    }

    String listener() {
        return version + " " + mode + " " + cluster;
    }

    boolean isChat() {
        return CHATS.contains(bytes);
    }

    /// Whether kv-epp knows that it has the whole body before it answers, and so puts token ids
    /// into a chat.
    boolean bodyIsRead() {
        return isChat()
                && switch (mode) {
                    case "full-duplex", "buffered" -> true;
                    // Without the end of the body or its length it may be the first part of a
                    // longer one.
                    case "partial", "early" -> !trailers;
                    default -> false;
                };
    }

    /// The values of the columns, by their names.
    Map<String, Object> values() {
        return Map.of(
                "release", version,
                "mode", mode,
                "http2", http2,
                "trailers", trailers,
                "bytes", bytes,
                "cluster", cluster);
    }

    @Override
    public String toString() {
        return version + " " + mode + (http2 ? " HTTP/2 " : " HTTP/1.1 ") + (trailers ? "trailers " : "") + cluster
                + " " + bytes;
    }
}
