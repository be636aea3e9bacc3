package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Puts the results of a round of calls into the order of the calls, and names their tools.
///
/// Thread-safe.
final class KimiK3Results {
    /// Where a result says what tool it is of.
    static final String TOOL = "tool";

    private KimiK3Results() {}

    /// A call and its place among the calls of its round.
    private record Place(int index, String tool) {}

    /// A result and the call it answers.
    private record Answered(Place call, Map<String, @Nullable Object> message) {}

    /// The same messages; a run of results with one of an unknown call stays as it is.
    static List<Map<String, @Nullable Object>> sorted(List<Map<String, @Nullable Object>> messages) {
        List<Map<String, @Nullable Object>> result = new ArrayList<>(messages.size());
        Map<String, Place> calls = Map.of();
        for (int at = 0; at < messages.size(); ) {
            int end = at;
            while (end < messages.size() && "tool".equals(messages.get(end).get("role"))) {
                end++;
            }
            if (end > at) {
                result.addAll(run(messages.subList(at, end), calls));
                at = end;
                continue;
            }
            Map<String, @Nullable Object> message = messages.get(at++);
            if ("assistant".equals(message.get("role"))) {
                calls = calls(Json.array(message.get("tool_calls")));
            }
            result.add(message);
        }
        return result;
    }

    private static Map<String, Place> calls(@Nullable List<@Nullable Object> given) {
        Map<String, Place> calls = new HashMap<>();
        for (Object element : given == null ? List.of() : given) {
            ToolCall call = ToolCall.of(element);
            calls.putIfAbsent(call.id(), new Place(calls.size(), call.name()));
        }
        return calls;
    }

    private static List<Map<String, @Nullable Object>> run(
            List<Map<String, @Nullable Object>> results, Map<String, Place> calls) {
        List<Answered> answered = new ArrayList<>(results.size());
        for (Map<String, @Nullable Object> message : results) {
            Place call = calls.get(String.valueOf(message.get("tool_call_id")));
            if (call == null) {
                return results;
            }
            Map<String, @Nullable Object> named = Json.copy(message);
            named.put(TOOL, call.tool());
            answered.add(new Answered(call, named));
        }
        answered.sort(Comparator.comparingInt(result -> result.call().index()));
        return answered.stream().map(Answered::message).toList();
    }
}
