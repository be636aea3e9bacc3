package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackJson;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.requestplane.EndpointRequest;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;

/// Between the codec of a caller or worker and MessagePack, in which everything is read here.
///
/// Thread-safe.
final class Codecs {
    private Codecs() {}

    static byte[] toMsgpack(PayloadCodec codec, byte[] value) throws MalformedMessageException {
        return switch (codec) {
            case MSGPACK -> value;
            case JSON -> MsgpackJson.fromJson(value);
        };
    }

    static byte[] fromMsgpack(PayloadCodec codec, byte[] value) throws MalformedMessageException {
        return switch (codec) {
            case MSGPACK -> value;
            case JSON -> MsgpackJson.toJson(value);
        };
    }

    /// The payload of a request; one that cannot be read is the caller's fault.
    static byte[] payload(EndpointRequest request) throws EndpointException {
        try {
            return toMsgpack(request.codec(), request.payload());
        } catch (MalformedMessageException e) {
            throw malformed(e);
        }
    }

    /// A value made here.
    static byte[] encoded(PayloadCodec codec, byte[] value) {
        try {
            return fromMsgpack(codec, value);
        } catch (MalformedMessageException e) {
            throw new IllegalStateException("a value that cannot be read back", e);
        }
    }

    static EndpointException malformed(MalformedMessageException e) {
        return new EndpointException(ErrorType.INVALID_ARGUMENT, "request: " + e.getMessage());
    }
}
