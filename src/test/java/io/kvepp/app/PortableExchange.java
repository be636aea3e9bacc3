package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;

/// One stream, and what it was told so far in words.
///
/// Confined: one thread, on a channel that answers in the calling one.
final class PortableExchange implements StreamObserver<ProcessingResponse> {
    private final List<ProcessingResponse> responses = new ArrayList<>();
    private final StreamObserver<ProcessingRequest> requests;

    PortableExchange(Channel channel) {
        requests = ExternalProcessorGrpc.newStub(channel).process(this);
    }

    void send(ProcessingRequest message) {
        requests.onNext(message);
    }

    void close() {
        requests.onError(Status.CANCELLED.asRuntimeException());
    }

    String told() {
        return String.join("; ", responses.stream().map(this::word).toList());
    }

    ProcessingResponse first() {
        return responses.getFirst();
    }

    ProcessingResponse last() {
        return responses.getLast();
    }

    String worker() {
        return header(responses.getFirst(), "x-dynamo-worker-instance-id");
    }

    private String word(ProcessingResponse response) {
        return switch (response.getResponseCase()) {
            case REQUEST_HEADERS -> route(response);
            case REQUEST_BODY ->
                "body "
                        + part(response.getRequestBody()
                                .getResponse()
                                .getBodyMutation()
                                .getStreamedResponse());
            case REQUEST_TRAILERS -> "trailers";
            case RESPONSE_HEADERS -> "response headers";
            case RESPONSE_BODY ->
                "response "
                        + part(response.getResponseBody()
                                .getResponse()
                                .getBodyMutation()
                                .getStreamedResponse());
            case RESPONSE_TRAILERS -> "response trailers";
            case IMMEDIATE_RESPONSE ->
                Integer.toString(response.getImmediateResponse().getStatus().getCodeValue());
            case RESPONSE_NOT_SET -> "nothing";
        };
    }

    private String route(ProcessingResponse response) {
        String destination = header(response, "x-gateway-destination-endpoint");
        assertThat(response.getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsOrThrow("x-gateway-destination-endpoint")
                        .getStringValue())
                .isEqualTo(destination);
        assertThat(response.getRequestHeaders().getResponse().getClearRouteCache())
                .isTrue();
        assertThat(response.getRequestHeaders()
                        .getResponse()
                        .getHeaderMutation()
                        .getSetHeadersList())
                .as("only what changes is set")
                .noneMatch(option -> option.getHeader().getKey().equals("hi"))
                .allMatch(option ->
                        option.getAppendAction() == HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
        return "route " + destination;
    }

    private static String header(ProcessingResponse response, String name) {
        return response.getRequestHeaders().getResponse().getHeaderMutation().getSetHeadersList().stream()
                .filter(option -> option.getHeader().getKey().equals(name))
                .map(option -> option.getHeader().getRawValue().toStringUtf8())
                .findFirst()
                .orElse("");
    }

    private static String part(StreamedBodyResponse part) {
        return part.getBody().toStringUtf8() + (part.getEndOfStream() ? " end" : "");
    }

    @Override
    public void onNext(ProcessingResponse response) {
        responses.add(response);
    }

    @Override
    public void onError(Throwable problem) {}

    @Override
    public void onCompleted() {}
}
