package io.kvepp.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.function.Consumer;

/// The gRPC call of one stream, as its server sees it: it ends once.
///
/// Confined to the stream's serializing executor.
final class StreamCall implements Consumer<ProcessingResponse> {
    private final ServerCallStreamObserver<ProcessingResponse> responses;
    private boolean requested;
    private boolean over;

    StreamCall(ServerCallStreamObserver<ProcessingResponse> responses) {
        this.responses = responses;
    }

    boolean isOver() {
        return over;
    }

    @Override
    public void accept(ProcessingResponse response) {
        responses.onNext(response);
    }

    void received() {
        requested = false;
    }

    /// Asks for the next message only while the answers so far can be sent: a gateway that does not
    /// read holds back its own messages, not our memory.
    void requestMore() {
        if (!over && !requested && responses.isReady()) {
            requested = true;
            responses.request(1);
        }
    }

    /// The other side ended it.
    void cancelled() {
        over = true;
    }

    void complete() {
        if (!over) {
            over = true;
            responses.onCompleted();
        }
    }

    void fail(Status status) {
        if (!over) {
            over = true;
            responses.onError(status.asRuntimeException());
        }
    }
}
