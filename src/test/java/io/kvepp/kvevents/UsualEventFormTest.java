package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.eventplane.Payload;
import io.kvepp.eventplane.testing.MsgpackWriter.Nil;
import io.kvepp.eventplane.testing.WireMessages;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The form in which Dynamo writes events has a decoder of its own, up to where an event differs from
/// it. What it finds is what the decoder of any form finds in the same event, written wider.
class UsualEventFormTest {
    private static final int EVENTS = 20_000;

    private final Random random = new Random(20_261_122);

    @Test
    void eventsInTheUsualFormAndAlmostInItAreReadAsInAnyOther() throws MalformedMessageException {
        for (int i = 0; i < EVENTS; i++) {
            List<Object> events = List.of(event(), event());
            MsgpackWriter narrow = new MsgpackWriter();
            write(narrow, events);
            byte[] wide = io.kvepp.eventplane.testing.MsgpackWriter.write(events);

            assertThat(KvEventDecoder.decode(Payload.of(narrow.toBytes())))
                    .as("%s", events)
                    .isEqualTo(KvEventDecoder.decode(Payload.of(wide)));
        }
    }

    private Map<String, Object> event() {
        Object data = switch (random.nextInt(8)) {
            case 0 -> "cleared";
            case 1, 2, 3 -> Map.of("removed", altered(fields("block_hashes", hashes())));
            default ->
                Map.of(
                        "stored",
                        altered(fields(
                                "parent_hash",
                                random.nextBoolean() ? Nil.NIL : hash(),
                                "start_position",
                                Nil.NIL,
                                "blocks",
                                blocks())));
        };
        Map<String, Object> event = WireMessages.event(hash(), random.nextInt(3), hash(), data);
        event.put("storage_tier", random.nextInt(6) == 0 ? "host_pinned" : "device");
        event.put("event", altered((Map<?, ?>) event.get("event")));
        return altered(event);
    }

    private List<Object> blocks() {
        return IntStream.range(0, random.nextInt(6))
                .<Object>mapToObj(
                        _ -> altered(fields("block_hash", hash(), "tokens_hash", hash(), "mm_extra_info", Nil.NIL)))
                .toList();
    }

    private List<Object> hashes() {
        return IntStream.range(0, random.nextInt(6))
                .<Object>mapToObj(_ -> hash())
                .toList();
    }

    /// Mostly as long as hashes are, else as short as numbers get.
    private long hash() {
        return random.nextInt(8) == 0 ? random.nextInt(300) : random.nextLong();
    }

    private static Map<String, Object> fields(Object... namesAndValues) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    /// Sometimes in another order, or with a field that nobody knows.
    private Map<String, Object> altered(Map<?, ?> fields) {
        List<Map.Entry<?, ?>> entries = new ArrayList<>(fields.entrySet());
        int how = random.nextInt(30);
        if (how == 0) {
            Collections.shuffle(entries, random);
        } else if (how == 1) {
            entries.add(random.nextInt(entries.size() + 1), Map.entry("later", List.of(Nil.NIL, "x")));
        }
        Map<String, Object> altered = new LinkedHashMap<>();
        entries.forEach(entry -> altered.put((String) entry.getKey(), entry.getValue()));
        return altered;
    }

    private static void write(MsgpackWriter writer, Object value) {
        switch (value) {
            case Nil _ -> writer.nil();
            case Number number -> writer.unsigned(number.longValue());
            case String text -> writer.string(text);
            case List<?> list -> {
                writer.array(list.size());
                list.forEach(element -> write(writer, element));
            }
            case Map<?, ?> map -> {
                writer.map(map.size());
                map.forEach((name, field) -> {
                    writer.string((String) name);
                    write(writer, field);
                });
            }
            default -> throw new IllegalArgumentException("type: " + value.getClass());
        }
    }
}
