package io.kvepp.router.headers;

import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the headers by which a client of Dynamo names workers: a canonical name, else its aliases;
/// of several headers of a name the first.
///
/// Confined to one request.
final class DynamoPins {
    static final List<String> WORKER = List.of(DynamoDialect.WORKER, "x-worker-instance-id");
    static final List<String> WORKER_RANK = List.of(DynamoDialect.WORKER_RANK, "x-dp-rank", "x-data-parallel-rank");
    static final List<String> PREFILL = List.of(DynamoDialect.PREFILL, "x-prefill-instance-id");
    static final List<String> PREFILL_RANK = List.of(DynamoDialect.PREFILL_RANK, "x-prefill-dp-rank");

    private static final long RANK_MAX = 0xFFFF_FFFFL;

    private final PickRequest request;
    private @Nullable String given;
    private @Nullable String unusable;

    private DynamoPins(PickRequest request) {
        this.request = request;
    }

    static PinHeaders of(PickRequest request) {
        DynamoPins pins = new DynamoPins(request);
        @Nullable Long worker = pins.id(WORKER);
        @Nullable Long rank = pins.rank(WORKER_RANK);
        @Nullable Long prefill = pins.id(PREFILL);
        @Nullable Long prefillRank = pins.rank(PREFILL_RANK);
        return pins.given == null
                ? PinHeaders.NONE
                : new PinHeaders(worker, rank, prefill, prefillRank, pins.given, pins.unusable);
    }

    private @Nullable Long id(List<String> names) {
        @Nullable HttpHeader header = find(names);
        if (header == null) {
            return null;
        }
        try {
            return Long.parseUnsignedLong(header.value());
        } catch (NumberFormatException e) {
            return unusable(header);
        }
    }

    private @Nullable Long rank(List<String> names) {
        @Nullable HttpHeader header = find(names);
        if (header == null) {
            return null;
        }
        try {
            long rank = Long.parseLong(header.value());
            return rank >= 0 && rank <= RANK_MAX ? Long.valueOf(rank) : unusable(header);
        } catch (NumberFormatException e) {
            return unusable(header);
        }
    }

    private @Nullable Long unusable(HttpHeader header) {
        unusable = unusable == null ? header.name() : unusable;
        return null;
    }

    private @Nullable HttpHeader find(List<String> names) {
        for (String name : names) {
            for (HttpHeader header : request.headers()) {
                if (header.name().equals(name)) {
                    given = given == null ? name : given;
                    return header;
                }
            }
        }
        return null;
    }
}
