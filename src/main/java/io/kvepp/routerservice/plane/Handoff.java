package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWriter;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// How a decode worker gets at the KV cache that a prefill worker computes.
///
/// Thread-safe.
final class Handoff {
    private static final long ROOM_MAX = Long.MAX_VALUE;

    private Handoff() {}

    /// Where a prefill worker says first of all that both meet; null when it says something else.
    static @Nullable Meeting meeting(byte[] disaggregatedParams, UUID handoffId) throws MalformedMessageException {
        if (new MsgpackReader(disaggregatedParams).next() != MsgpackReader.Kind.MAP) {
            return null;
        }
        Fields params = Fields.read(disaggregatedParams);
        if (params.raw("bootstrap_host") == null
                || params.raw("bootstrap_port") == null
                || params.raw("bootstrap_room") == null) {
            return null;
        }
        @Nullable String host = params.text("bootstrap_host");
        @Nullable Long port = params.whole("bootstrap_port");
        @Nullable Long room = params.whole("bootstrap_room");
        return host == null || port == null || room == null
                ? null
                : new Meeting(host, Math.toIntExact(port), room, handoffId);
    }

    /// A room that tells the rank: `room % dpSize == dpRank`, from 0 to 2^63 - 1.
    static long room(int dpRank, int dpSize, long random) {
        long any = random & ROOM_MAX;
        if (dpSize <= 0) {
            return any;
        }
        long quotients = (ROOM_MAX - dpRank) / dpSize;
        long quotient = quotients == ROOM_MAX ? any : any % (quotients + 1);
        return quotient * dpSize + dpRank;
    }

    /// `prefill_result` of a decode worker's request.
    static byte[] prefillResult(byte[] disaggregatedParams, byte @Nullable [] promptDetails) {
        MsgpackWriter writer = new MsgpackWriter().map(promptDetails == null ? 1 : 2);
        writer.string("disaggregated_params").raw(disaggregatedParams);
        if (promptDetails != null) {
            writer.string("prompt_tokens_details").raw(promptDetails);
        }
        return writer.toBytes();
    }
}
