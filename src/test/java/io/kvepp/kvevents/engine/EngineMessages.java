package io.kvepp.kvevents.engine;

import io.kvepp.eventplane.testing.MsgpackWriter;
import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Messages as engines write them.
final class EngineMessages {
    private EngineMessages() {}

    /// A message with these events and no rank.
    static byte[] batch(Object... events) {
        return MsgpackWriter.write(List.of(0, Arrays.asList(events)));
    }

    /// In map form; what `more` names is added or replaces.
    static Map<String, Object> stored(List<?> hashes, Object parent, List<?> tokens, Map<String, Object> more) {
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("type", "BlockStored");
        event.put("block_hashes", hashes);
        event.put("parent_block_hash", parent);
        event.put("token_ids", tokens);
        event.put("block_size", 4);
        event.putAll(more);
        return event;
    }

    /// In array form; `more` follows the block size.
    static List<Object> storedArray(List<?> hashes, Object parent, List<?> tokens, Object... more) {
        List<Object> event = new ArrayList<>(List.of("BlockStored", hashes, parent, tokens, 4));
        event.addAll(Arrays.asList(more));
        return event;
    }

    static Map<String, Object> removed(List<?> hashes) {
        return Map.of("type", "BlockRemoved", "block_hashes", hashes);
    }

    static Map<String, Object> cleared() {
        return Map.of("type", "AllBlocksCleared");
    }

    /// One block whose ids and hash follow from a number; the parent is nil or the block before.
    static byte[] block(long number, boolean root) {
        List<Integer> tokens =
                IntStream.range(0, 4).map(i -> (int) number * 4 + i).boxed().toList();
        return batch(stored(List.of(number), root ? Nil.NIL : (Object) (number - 1), tokens, Map.of()));
    }

    static List<Integer> tokens(int from, int to) {
        return IntStream.rangeClosed(from, to).boxed().toList();
    }
}
