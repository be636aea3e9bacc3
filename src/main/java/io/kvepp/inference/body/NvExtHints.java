package io.kvepp.inference.body;

import io.kvepp.inference.RoutingHints;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads what an `nvext` whose shape has been checked says of routing.
final class NvExtHints {
    private static final String QUERY = "query_instance_id:";

    private NvExtHints() {}

    /// `members`: of the `nvext`, by name.
    static RoutingHints of(Map<String, @Nullable Object> members) {
        if (members.isEmpty()) {
            return RoutingHints.NONE;
        }
        Map<?, ?> constraints = object(members.get("routing_constraints"));
        Map<?, ?> agent = object(members.get("agent_hints"));
        return new RoutingHints(
                list(members.get("annotations")).stream()
                        .anyMatch(annotation -> annotation instanceof String text && text.startsWith(QUERY)),
                expectedOutputTokens(agent.get("osl")),
                agent.get("priority") instanceof Number priority ? priority.intValue() : 0,
                agent.get("strict_priority") instanceof Number strict ? strict.longValue() : 0,
                texts(constraints.get("required_taints")),
                weights(object(constraints.get("preferred_taints"))),
                new RoutingHints.Pins(
                        number(members.get("backend_instance_id")),
                        number(members.get("decode_worker_id")),
                        number(members.get("prefill_worker_id")),
                        number(members.get("dp_rank")),
                        number(members.get("prefill_dp_rank"))));
    }

    private static int expectedOutputTokens(@Nullable Object osl) {
        return osl instanceof Number tokens ? (int) Math.min(tokens.longValue(), Integer.MAX_VALUE) : -1;
    }

    private static Set<String> texts(@Nullable Object value) {
        return Set.copyOf(list(value).stream().map(String.class::cast).toList());
    }

    /// The frontend keeps weights as 32 bit; one beyond them counts as the largest.
    private static Map<String, Float> weights(Map<?, ?> value) {
        Map<String, Float> weights = new HashMap<>();
        value.forEach((taint, weight) -> {
            if (taint instanceof String name && weight instanceof Number number) {
                weights.put(name, Math.clamp(number.floatValue(), -Float.MAX_VALUE, Float.MAX_VALUE));
            }
        });
        return weights;
    }

    private static @Nullable Long number(@Nullable Object value) {
        return value instanceof Number number ? Long.valueOf(number.longValue()) : null;
    }

    private static List<?> list(@Nullable Object value) {
        return value instanceof List<?> list ? list : List.of();
    }

    private static Map<?, ?> object(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }
}
