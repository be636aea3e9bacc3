package io.kvepp.router;

import io.kvepp.inference.RoutingHints.Pins;
import io.kvepp.picker.PickResult.Rejected;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.headers.PinHeaders;
import io.kvepp.router.prefill.PrefillPool;
import io.kvepp.worker.RankSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds the workers that a client names. Headers beat the body field by field.
///
/// A pin without a rank leaves the choice among the worker's ranks. An id that stands for either
/// role (`backend_instance_id`) is taken for the role its worker has. Whoever is named is used even
/// if its requests failed lately.
///
/// Source: Dynamo 1.6.1 `explicit_target`; its worker header counts as the id of either role.
///
/// Immutable.
final class ClientPins {
    private static final long RANK_UNSET = 0xFFFF_FFFFL;
    private static final String DECODE_ID = "decode_worker_id";
    private static final String PREFILL_ID = "prefill_worker_id";

    private final PinPolicy policy;

    ClientPins(PinPolicy policy) {
        this.policy = policy;
    }

    /// What is left to choose from.
    sealed interface Choice {
        Among FREE = new Among(null, null);

        /// Only these, in each role; null where the client names nobody.
        record Among(
                @Nullable List<RankSlot> serving, @Nullable List<RankSlot> prefill) implements Choice {
            boolean isFree() {
                return serving == null && prefill == null;
            }
        }

        /// The request is answered instead.
        record Refused(Rejected answer) implements Choice {}
    }

    Choice choice(PinHeaders headers, Pins body, ModelRoute route) {
        return switch (policy) {
            case DROP -> Choice.FREE;
            case REFUSE -> refusal(headers, body);
            case HONOUR -> honoured(headers, body, route);
        };
    }

    private static Choice refusal(PinHeaders headers, Pins body) {
        String given = headers.given() == null ? given(body) : headers.given();
        return given == null
                ? Choice.FREE
                : refused(given, "given (expected: none: clients do not choose workers here)");
    }

    private static @Nullable String given(Pins body) {
        if (body.backendId() != null) {
            return "backend_instance_id";
        }
        if (body.decodeId() != null) {
            return DECODE_ID;
        }
        if (body.prefillId() != null) {
            return PREFILL_ID;
        }
        return body.dpRank() != null ? "dp_rank" : body.prefillDpRank() != null ? "prefill_dp_rank" : null;
    }

    private static Choice honoured(PinHeaders headers, Pins body, ModelRoute route) {
        if (headers.unusable() != null) {
            return refused(headers.unusable(), "no number (expected: an unsigned decimal)");
        }
        List<RankSlot> pool = route.prefillPool() instanceof PrefillPool.Active active ? active.ranks() : List.of();
        @Nullable Long either = body.backendId();
        boolean isPrefill = either != null && pool.stream().anyMatch(rank -> isOn(rank, either));
        @Nullable Long decodeId = first(headers.workerId(), body.decodeId(), isPrefill ? null : either);
        @Nullable Long prefillId = first(headers.prefillId(), body.prefillId(), isPrefill ? either : null);
        @Nullable Long rank = first(headers.rank(), body.dpRank(), null);
        @Nullable Long prefillRank = set(first(headers.prefillRank(), body.prefillDpRank(), null));
        if (decodeId == null && rank != null || prefillId == null && prefillRank != null) {
            return refused(rank == null ? "prefill_dp_rank" : "dp_rank", "given alone (expected: with a worker's id)");
        }
        @Nullable List<RankSlot> serving = decodeId == null ? null : ranks(route.serving(), decodeId, rank);
        @Nullable List<RankSlot> prefill = prefillId == null ? null : ranks(pool, prefillId, prefillRank);
        if (serving != null && serving.isEmpty()) {
            return refused(DECODE_ID, "no such rank (expected: one that answers requests for the model)");
        }
        if (prefill != null && prefill.isEmpty()) {
            return refused(PREFILL_ID, "no such rank (expected: a prefill worker of the model)");
        }
        return new Choice.Among(serving, prefill);
    }

    private static List<RankSlot> ranks(List<RankSlot> candidates, Long workerId, @Nullable Long rank) {
        return candidates.stream()
                .filter(candidate -> isOn(candidate, workerId)
                        && (rank == null || candidate.worker().dpRank() == rank))
                .toList();
    }

    private static boolean isOn(RankSlot rank, Long workerId) {
        return rank.worker().workerId() == workerId;
    }

    /// A number that stands for none, as the rank of a prefill worker only.
    private static @Nullable Long set(@Nullable Long rank) {
        return rank == null || rank == RANK_UNSET ? null : rank;
    }

    private static @Nullable Long first(@Nullable Long first, @Nullable Long second, @Nullable Long third) {
        return first != null ? first : second != null ? second : third;
    }

    private static Choice refused(String name, String fault) {
        return new Choice.Refused(new Rejected(RejectReason.MALFORMED, name + ": " + fault, name));
    }
}
