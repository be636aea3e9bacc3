package io.kvepp.extproc;

import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;

/// How the gateway shows bodies on one stream, and so how they are answered.
///
/// - `bodyBeforeAnswer`: in STREAMED mode, the body comes before the headers are answered
///
/// Source: Envoy `processing_mode.proto` and `external_processor.proto`.
///
/// Immutable.
record BodyModes(Mode request, Mode response, boolean bodyBeforeAnswer) {
    enum Mode {
        /// Parts come as they do, and whatever is not sent back is gone.
        FULL_DUPLEX,
        /// Each part waits for its own answer; in a request the first one for that of the headers.
        STREAMED,
        /// The whole body comes at once, after the headers were answered; they wait for it.
        BUFFERED,
        /// As much of the body as fits, otherwise like [#BUFFERED].
        BUFFERED_PARTIAL,
        /// The body is not shown.
        NONE;

        boolean isBuffered() {
            return this == BUFFERED || this == BUFFERED_PARTIAL;
        }
    }

    /// What the gateway says of itself.
    static BodyModes of(ProtocolConfiguration protocol) {
        return new BodyModes(
                mode(protocol.getRequestBodyMode()),
                mode(protocol.getResponseBodyMode()),
                protocol.getSendBodyWithoutWaitingForHeaderResponse());
    }

    /// Whether the decision cannot wait for the body: it is not shown, it comes only after the headers
    /// were answered, or its client (of gRPC) may itself wait for an answer.
    boolean isDecidedByHeaders(boolean grpc) {
        return switch (request) {
            case NONE -> true;
            case STREAMED -> grpc || !bodyBeforeAnswer;
            case FULL_DUPLEX -> grpc;
            case BUFFERED, BUFFERED_PARTIAL -> false;
        };
    }

    /// What is believed of a gateway that says nothing.
    static BodyModes silent(Mode mode) {
        return new BodyModes(mode, mode, false);
    }

    /// Modes that are newer than this code stream both ways.
    private static Mode mode(BodySendMode mode) {
        return switch (mode) {
            case FULL_DUPLEX_STREAMED, UNRECOGNIZED -> Mode.FULL_DUPLEX;
            case STREAMED -> Mode.STREAMED;
            case BUFFERED -> Mode.BUFFERED;
            case BUFFERED_PARTIAL -> Mode.BUFFERED_PARTIAL;
            case NONE -> Mode.NONE;
        };
    }
}
