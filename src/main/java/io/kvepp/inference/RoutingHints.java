package io.kvepp.inference;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a request itself says of its routing (Dynamo's `nvext`).
///
/// - `queryOnly`: it wants to know where it would go, and not to go there
/// - `expectedOutputTokens`: -1 when it does not say
/// - `priority`, `strictPriority`: how much it is preferred while requests wait; the latter unsigned
///   32 bit and above all else
/// - `requiredTaints`, `preferredTaints`: labels of workers, the latter with weights
/// - `pins`: the workers it names
///
/// Immutable.
public record RoutingHints(
        boolean queryOnly,
        int expectedOutputTokens,
        int priority,
        long strictPriority,
        Set<String> requiredTaints,
        Map<String, Float> preferredTaints,
        Pins pins) {
    public static final RoutingHints NONE = new RoutingHints(false, -1, 0, 0, Set.of(), Map.of(), Pins.NONE);

    public RoutingHints {
        requiredTaints = Set.copyOf(requiredTaints);
        preferredTaints = Map.copyOf(preferredTaints);
    }

    /// The workers a request names: ids are unsigned 64 bit, ranks unsigned 32 bit, each null when
    /// absent. `backendId` stands for either role that has no id of its own.
    ///
    /// Immutable.
    public record Pins(
            @Nullable Long backendId,
            @Nullable Long decodeId,
            @Nullable Long prefillId,
            @Nullable Long dpRank,
            @Nullable Long prefillDpRank) {
        public static final Pins NONE = new Pins(null, null, null, null, null);
    }
}
