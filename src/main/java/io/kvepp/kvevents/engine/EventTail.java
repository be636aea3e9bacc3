package io.kvepp.kvevents.engine;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import org.jspecify.annotations.Nullable;

/// The optional end of an event in array form: group, kind of its layers, sliding window, locality
/// and owner, each of which may be nil.
///
/// Older engines leave out what they do not know: then the first number is the group and the text is
/// the kind, wherever they stand, and an array holds media objects.
///
/// Confined to one call.
final class EventTail {
    private static final int SIZE_MAX = 5;
    private static final String LOCAL = "LOCAL";

    private final @Nullable Object[] values = new @Nullable Object[SIZE_MAX];

    private EventTail() {}

    /// Reads at most so many elements into the event; returns how many.
    static int read(MsgpackReader reader, int size, EngineEvent event, ExtraKeys extraKeys)
            throws MalformedMessageException {
        if (size == 1 && reader.nextIsNumber()) {
            event.group = new CacheGroup(reader.nonNegativeInt(), CacheGroup.Kind.UNTOLD);
            return 1;
        }
        EventTail tail = new EventTail();
        int count = Math.min(size, SIZE_MAX);
        for (int i = 0; i < count; i++) {
            tail.values[i] = value(reader, extraKeys);
        }
        if (count >= 4 && tail.isInOrder()) {
            tail.applyInOrder(event);
        } else {
            tail.applyByType(event);
        }
        return count;
    }

    private static @Nullable Object value(MsgpackReader reader, ExtraKeys extraKeys) throws MalformedMessageException {
        if (reader.tryNil()) {
            return null;
        }
        if (reader.nextIsString()) {
            return reader.string();
        }
        if (reader.nextIsNumber()) {
            return reader.nonNegativeInt();
        }
        if (reader.nextIsArray()) {
            extraKeys.readMediaInfos(reader);
            return extraKeys;
        }
        reader.skip();
        return extraKeys;
    }

    private boolean isInOrder() {
        return isNilOr(Integer.class, 0)
                && isNilOr(String.class, 1)
                && isNilOr(Integer.class, 2)
                && isNilOr(String.class, 3)
                && isNilOr(String.class, 4);
    }

    private boolean isNilOr(Class<?> type, int index) {
        return values[index] == null || type.isInstance(values[index]);
    }

    private void applyInOrder(EngineEvent event) {
        event.group = new CacheGroup(
                values[0] instanceof Integer index ? index : -1,
                values[1] instanceof String kind ? CacheGroup.kindOf(kind) : CacheGroup.Kind.UNTOLD);
        event.elsewhere |= (values[3] != null && !LOCAL.equals(values[3])) || values[4] != null;
    }

    private void applyByType(EngineEvent event) {
        int index = -1;
        CacheGroup.Kind kind = CacheGroup.Kind.UNTOLD;
        for (@Nullable Object value : values) {
            if (value instanceof Integer number && index < 0) {
                index = number;
            } else if (value instanceof String text) {
                kind = CacheGroup.kindOf(text);
            }
        }
        event.group = new CacheGroup(index, kind);
    }
}
