package io.kvepp.preprocess;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The order of the last calls made, into which results are put.
///
/// Confined to one call.
final class CallOrder {
    private final Map<String, Integer> ranks = new HashMap<>();

    /// The same turns, the results in each sorted by the calls made before it.
    static List<DeepSeekTurn> applied(List<DeepSeekTurn> turns) {
        CallOrder order = new CallOrder();
        for (DeepSeekTurn turn : turns) {
            if (turn.isUser()) {
                order.sort(turn.blocks());
            } else if (turn.role().equals("assistant")) {
                order.calls(turn.calls());
            }
        }
        return turns;
    }

    /// A round without calls leaves the order of the one before.
    private void calls(List<ToolCall> calls) {
        if (calls.isEmpty()) {
            return;
        }
        ranks.clear();
        for (int i = 0; i < calls.size(); i++) {
            if (!calls.get(i).id().isEmpty()) {
                ranks.put(calls.get(i).id(), i);
            }
        }
    }

    /// What the user said keeps its place; a result of no known call counts as one of the first.
    private void sort(List<DeepSeekTurn.Block> blocks) {
        List<Integer> places = new ArrayList<>();
        List<Map.Entry<Integer, DeepSeekTurn.Block>> results = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            String id = blocks.get(i).callId();
            if (id != null) {
                places.add(i);
                results.add(Map.entry(ranks.getOrDefault(id, 0), blocks.get(i)));
            }
        }
        results.sort(Comparator.comparingInt(Map.Entry::getKey));
        for (int i = 0; i < places.size(); i++) {
            blocks.set(places.get(i), results.get(i).getValue());
        }
    }
}
