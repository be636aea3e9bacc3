package io.kvepp.kvevents;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;

/// How much may wait for the thread that writes the index.
///
/// - `queuedMessagesMax`, `queuedBytesMax`: beyond either a message is dropped and counted, and the
///   rank starts cold
/// - `lanes`: threads that handle events; those of one rank are handled by one of them, in order
///
/// Immutable.
public record KvEventsConfig(int queuedMessagesMax, long queuedBytesMax, int lanes) {
    private static final int QUEUED_MESSAGES_MAX_DEFAULT = 65_536;
    private static final long QUEUED_BYTES_MAX_DEFAULT = 128L << 20;
    private static final int LANES_DEFAULT = 1;
    private static final int LANES_MAX = 64;

    public KvEventsConfig {
        check(queuedMessagesMax > 0, "kv-event-queue-messages", queuedMessagesMax, "> 0");
        check(queuedBytesMax > 0, "kv-event-queue-bytes", queuedBytesMax, "> 0");
        check(lanes > 0 && lanes <= LANES_MAX, "kv-event-lanes", lanes, "1 .. " + LANES_MAX);
    }

    public static KvEventsConfig from(Options options) {
        return new KvEventsConfig(
                options.option("kv-event-queue-messages", "messages that may wait for the index; more are dropped")
                        .integer(QUEUED_MESSAGES_MAX_DEFAULT),
                options.option("kv-event-queue-bytes", "bytes of messages that may wait for the index")
                        .bytes(QUEUED_BYTES_MAX_DEFAULT),
                options.option(
                                "kv-event-lanes",
                                "threads that decode KV events of Dynamo's workers; they write the index in turns")
                        .integer(LANES_DEFAULT));
    }
}
