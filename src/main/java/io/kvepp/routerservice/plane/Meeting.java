package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import java.nio.ByteBuffer;
import java.util.UUID;

/// Where a prefill and a decode worker meet: `bootstrap_info` of their requests.
///
/// - `room`: names the request there, from 0 to 2^63 - 1
/// - `handoffId`: the same for both workers, and for nobody else
///
/// Immutable.
record Meeting(String host, int port, long room, UUID handoffId) {
    /// In MessagePack, for a worker that is sent `codec`: workers want UUIDs as 16 bytes there, and as
    /// text in JSON.
    byte[] toMsgpack(PayloadCodec codec) {
        MsgpackWriter writer = new MsgpackWriter()
                .map(4)
                .string("bootstrap_host")
                .string(host)
                .string("bootstrap_port")
                .unsigned(port)
                .string("bootstrap_room")
                .unsigned(room)
                .string("handoff_id");
        return (switch (codec) {
                    case MSGPACK -> writer.binary(handoffBytes());
                    case JSON -> writer.string(handoffId.toString());
                })
                .toBytes();
    }

    private byte[] handoffBytes() {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(handoffId.getMostSignificantBits())
                .putLong(handoffId.getLeastSignificantBits())
                .array();
    }
}
