package io.kvepp.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse.ResponseCase;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A gateway's end of one call without any transport.
final class FakeCall extends ServerCallStreamObserver<ProcessingResponse> {
    boolean ready = true;

    private final List<ResponseCase> answers = new ArrayList<>();
    private Runnable onCancel = () -> {};
    private boolean cancelled;
    private boolean completed;
    private @Nullable Throwable error;

    boolean isOver() {
        return completed || error != null || cancelled;
    }

    void cancel() {
        if (!cancelled) {
            cancelled = true;
            onCancel.run();
        }
    }

    /// At most one end, nothing behind it, at most one decision, and no fault of our own.
    void assertLegal(int sequence) {
        assertThat(completed && error != null)
                .as("two ends in sequence %s", sequence)
                .isFalse();
        if (error != null) {
            assertThat(Status.fromThrowable(error).getCode())
                    .as("end of sequence %s", sequence)
                    .isIn(Status.Code.FAILED_PRECONDITION, Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED);
        }
        int immediate = answers.indexOf(ResponseCase.IMMEDIATE_RESPONSE);
        assertThat(immediate)
                .as("what follows the immediate answer of sequence %s", sequence)
                .isIn(-1, answers.size() - 1);
        assertThat(answers.stream().filter(answer -> answer == ResponseCase.REQUEST_HEADERS))
                .as("answers to headers in sequence %s", sequence)
                .hasSizeLessThanOrEqualTo(1);
    }

    @Override
    public void onNext(ProcessingResponse response) {
        assertThat(completed || error != null).as("an answer after the end").isFalse();
        answers.add(response.getResponseCase());
    }

    @Override
    public void onError(Throwable problem) {
        assertThat(error).as("an error after an error").isNull();
        error = problem;
    }

    @Override
    public void onCompleted() {
        assertThat(completed).as("a second end").isFalse();
        completed = true;
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
        onCancel = handler;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void disableAutoRequest() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}
}
