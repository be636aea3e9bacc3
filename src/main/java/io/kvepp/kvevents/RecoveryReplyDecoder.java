package io.kvepp.kvevents;

import io.kvepp.kvcache.RouterEvent;
import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decodes the answer of a worker's recovery endpoint: a map with one entry, whose key says what
/// the value is.
///
/// Source: Dynamo `lib/kv-router/src/indexer/types.rs`.
///
/// Confined; used once.
final class RecoveryReplyDecoder {
    private final MsgpackReader reader;

    private RecoveryReplyDecoder(MsgpackReader reader) {
        this.reader = reader;
    }

    static RecoveryReply decode(byte[] payload) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(payload);
        RecoveryReply reply = new RecoveryReplyDecoder(reader).reply();
        if (reader.hasMore()) {
            throw new MalformedMessageException("recovery answer (expected: nothing after it)");
        }
        return reply;
    }

    private RecoveryReply reply() throws MalformedMessageException {
        if (reader.mapHeader() != 1) {
            throw new MalformedMessageException("recovery answer (expected: a map with one entry)");
        }
        String kind = reader.string();
        return switch (kind) {
            case "Events" -> events();
            case "TreeDump" -> treeDump();
            case "TooNew" -> tooNew();
            case "TreeDumpFailed", "InvalidRange", "Error" -> {
                reader.skip();
                yield new RecoveryReply.Refused(kind);
            }
            default ->
                throw new MalformedMessageException(
                        "recovery answer (expected: Events, TreeDump, TooNew or a refusal)");
        };
    }

    private RecoveryReply events() throws MalformedMessageException {
        Told told = told();
        return new RecoveryReply.Events(told.events, told.lastEventId);
    }

    private RecoveryReply treeDump() throws MalformedMessageException {
        Told told = told();
        return new RecoveryReply.TreeDump(told.events, told.lastEventId);
    }

    private record Told(List<RouterEvent> events, long lastEventId) {}

    private Told told() throws MalformedMessageException {
        @Nullable List<RouterEvent> events = null;
        @Nullable Long lastEventId = null;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            switch (reader.string()) {
                case "events" -> events = applicable(KvEventDecoder.decodeArray(reader));
                case "last_event_id" -> lastEventId = reader.bits64();
                default -> reader.skip();
            }
        }
        if (events == null || lastEventId == null) {
            throw new MalformedMessageException("recovery answer (expected: events and last_event_id)");
        }
        return new Told(events, lastEventId);
    }

    private RecoveryReply tooNew() throws MalformedMessageException {
        @Nullable Long newest = null;
        int fields = reader.mapHeader();
        for (int i = 0; i < fields; i++) {
            if (reader.string().equals("newest_available")) {
                newest = reader.bits64();
            } else {
                reader.skip();
            }
        }
        if (newest == null) {
            throw new MalformedMessageException("recovery answer (expected: newest_available)");
        }
        return new RecoveryReply.TooNew(newest);
    }

    private static List<RouterEvent> applicable(List<DecodedEvent> decoded) {
        List<RouterEvent> events = new ArrayList<>(decoded.size());
        for (DecodedEvent event : decoded) {
            if (event instanceof DecodedEvent.Applicable(var routerEvent)) {
                events.add(routerEvent);
            }
        }
        return events;
    }
}
