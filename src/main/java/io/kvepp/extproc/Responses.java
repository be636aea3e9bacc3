package io.kvepp.extproc;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.CommonResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.GrpcStatus;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HeadersResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ImmediateResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.StreamedBodyResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.TrailersResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.PickResult.Rejected;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The answers to Envoy.
///
/// Source: Envoy `external_processor.proto`; Endpoint Picker protocol rules P6 and P11 (destination
/// in header and metadata, identical).
final class Responses {
    static final String DESTINATION = "x-gateway-destination-endpoint";

    static final String DESTINATION_NAMESPACE = "envoy.lb";
    private static final String SCORES = "x-gateway-destination-endpoint-scores";

    /// Envoy advises streamed parts below 64 KiB.
    static final int PART_BYTES_MAX = 62_000;

    static final ProcessingResponse REQUEST_HEADERS = ProcessingResponse.newBuilder()
            .setRequestHeaders(HeadersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse REQUEST_BODY = ProcessingResponse.newBuilder()
            .setRequestBody(BodyResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse RESPONSE_BODY = ProcessingResponse.newBuilder()
            .setResponseBody(BodyResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse RESPONSE_HEADERS = ProcessingResponse.newBuilder()
            .setResponseHeaders(HeadersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse REQUEST_TRAILERS = ProcessingResponse.newBuilder()
            .setRequestTrailers(TrailersResponse.getDefaultInstance())
            .build();
    static final ProcessingResponse RESPONSE_TRAILERS = ProcessingResponse.newBuilder()
            .setResponseTrailers(TrailersResponse.getDefaultInstance())
            .build();

    private Responses() {}

    /// How the request's headers change for a decision. `bodyBytes`: the length of a body that changes
    /// and whose length is announced; -1 where that does not apply.
    static HeaderEdit headerEdit(PickResult.Routed routed, RequestHead head, long bodyBytes) {
        List<HttpHeader> set = new ArrayList<>();
        set.add(new HttpHeader(DESTINATION, destination(routed)));
        set.addAll(routed.headers().set());
        if (head.requestIdMinted()) {
            set.add(new HttpHeader(RequestHead.REQUEST_ID, head.requestId()));
        }
        if (bodyBytes >= 0) {
            set.add(new HttpHeader(RequestHead.CONTENT_LENGTH, Long.toString(bodyBytes)));
        }
        List<String> remove = routed.headers().remove().stream()
                .filter(name -> set.stream().noneMatch(header -> header.name().equals(name)))
                .distinct()
                .toList();
        return new HeaderEdit(set, remove);
    }

    /// The decision as the answer to the request's headers.
    static ProcessingResponse routedAtHeaders(PickResult.Routed routed, HeaderEdit headers) {
        return ProcessingResponse.newBuilder()
                .setRequestHeaders(HeadersResponse.newBuilder().setResponse(decision(headers)))
                .setDynamicMetadata(metadata(routed))
                .build();
    }

    /// The decision as the answer to the request's only body message.
    static ProcessingResponse routedAtBody(PickResult.Routed routed, HeaderEdit headers, ByteString body) {
        CommonResponse.Builder decision = decision(headers);
        if (!routed.body().isNone()) {
            decision.setBodyMutation(BodyMutation.newBuilder().setBody(edited(body, routed.body())));
        }
        return ProcessingResponse.newBuilder()
                .setRequestBody(BodyResponse.newBuilder().setResponse(decision))
                .setDynamicMetadata(metadata(routed))
                .build();
    }

    /// The decision as the answer to trailers, where it is too late to change headers.
    static ProcessingResponse routedAtTrailers(PickResult.Routed routed) {
        return REQUEST_TRAILERS.toBuilder().setDynamicMetadata(metadata(routed)).build();
    }

    private static CommonResponse.Builder decision(HeaderEdit headers) {
        HeaderMutation.Builder mutation = HeaderMutation.newBuilder().addAllRemoveHeaders(headers.remove());
        headers.set().forEach(header -> mutation.addSetHeaders(set(header.name(), header.value())));
        return CommonResponse.newBuilder().setHeaderMutation(mutation).setClearRouteCache(true);
    }

    /// One answer to each body message; a changed body goes with the first of them.
    static void requestBodyByMessage(ByteString body, int messages, BodyEdit edit, Consumer<ProcessingResponse> send) {
        for (int message = 0; message < messages; message++) {
            send.accept(edit.isNone() ? REQUEST_BODY : replaced(message == 0 ? edited(body, edit) : ByteString.EMPTY));
        }
    }

    private static ProcessingResponse replaced(ByteString body) {
        return ProcessingResponse.newBuilder()
                .setRequestBody(replacedBody(body))
                .build();
    }

    /// The answer to a response's body message that changes.
    static ProcessingResponse responseBodyReplaced(ByteString body) {
        return ProcessingResponse.newBuilder()
                .setResponseBody(replacedBody(body))
                .build();
    }

    private static BodyResponse replacedBody(ByteString body) {
        BodyMutation.Builder mutation = BodyMutation.newBuilder();
        if (body.isEmpty()) {
            mutation.setClearBody(true);
        } else {
            mutation.setBody(body);
        }
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder().setBodyMutation(mutation))
                .build();
    }

    /// The body with its edit applied, in parts that share the bytes received.
    static void requestBody(ByteString body, BodyEdit edit, boolean endOfStream, Consumer<ProcessingResponse> send) {
        parts(edited(body, edit), endOfStream, Responses::requestBodyPart, send);
    }

    private static ByteString edited(ByteString body, BodyEdit edit) {
        return edit.isNone()
                ? body
                : body.substring(0, edit.offset())
                        .concat(UnsafeByteOperations.unsafeWrap(edit.replacement()))
                        .concat(body.substring(edit.offset() + edit.length()));
    }

    static void responseBody(ByteString body, boolean endOfStream, Consumer<ProcessingResponse> send) {
        parts(body, endOfStream, Responses::responseBodyPart, send);
    }

    /// The answer to a request that is not routed.
    static ProcessingResponse rejected(RequestHead head, Rejected rejected, int overloadStatus) {
        Rejection rejection = Rejection.of(rejected.reason(), overloadStatus);
        HeaderMutation.Builder headers =
                HeaderMutation.newBuilder().addSetHeaders(set("content-type", "application/json"));
        // Without it some clients do not try again, or at once.
        int retryAfter = rejection.status() == StatusCode.TooManyRequests_VALUE
                ? Math.max(1, rejected.retryAfterSeconds())
                : rejected.retryAfterSeconds();
        if (retryAfter > 0) {
            headers.addSetHeaders(set("retry-after", Integer.toString(retryAfter)));
        }
        ImmediateResponse.Builder immediate = ImmediateResponse.newBuilder()
                // Envoy takes numbers that its own list of names lacks, such as 529.
                .setStatus(HttpStatus.newBuilder().setCodeValue(rejection.status()))
                .setHeaders(headers)
                .setBody(rejection.body(rejected.api().isEmpty() ? head.api() : rejected.api(), rejected))
                .setDetails("kv_epp_" + Rejection.word(rejected.reason()));
        if (head.isGrpc()) {
            immediate.setGrpcStatus(
                    GrpcStatus.newBuilder().setStatus(rejection.grpcCode().value()));
        }
        return ProcessingResponse.newBuilder().setImmediateResponse(immediate).build();
    }

    /// The answer of the picker itself.
    static ProcessingResponse answered(PickResult.Answered answered) {
        ImmediateResponse immediate = ImmediateResponse.newBuilder()
                .setStatus(HttpStatus.newBuilder().setCode(StatusCode.OK))
                .setHeaders(HeaderMutation.newBuilder().addSetHeaders(set("content-type", answered.contentType())))
                .setBody(ByteString.copyFromUtf8(answered.body()))
                .setDetails("kv_epp_answered")
                .build();
        return ProcessingResponse.newBuilder().setImmediateResponse(immediate).build();
    }

    /// Lets the response pass, with the headers that are added and the explanation of the pick if the
    /// client is to hear it, and without its length if its body will change.
    static ProcessingResponse responseHeaders(
            @Nullable PickExplanation explanation, List<HttpHeader> added, boolean bodyChanges) {
        if (explanation == null && added.isEmpty() && !bodyChanges) {
            return RESPONSE_HEADERS;
        }
        HeaderMutation.Builder headers = HeaderMutation.newBuilder();
        added.forEach(header -> headers.addSetHeaders(set(header.name(), header.value())));
        if (explanation != null) {
            headers.addSetHeaders(set(ExplanationText.HEADER, ExplanationText.json(explanation)));
        }
        if (bodyChanges) {
            headers.addRemoveHeaders(RequestHead.CONTENT_LENGTH);
        }
        return ProcessingResponse.newBuilder()
                .setResponseHeaders(HeadersResponse.newBuilder()
                        .setResponse(CommonResponse.newBuilder().setHeaderMutation(headers)))
                .build();
    }

    private static void parts(
            ByteString body,
            boolean endOfStream,
            Function<StreamedBodyResponse, ProcessingResponse> wrap,
            Consumer<ProcessingResponse> send) {
        int offset = 0;
        do {
            int end = Math.min(offset + PART_BYTES_MAX, body.size());
            send.accept(wrap.apply(StreamedBodyResponse.newBuilder()
                    .setBody(body.substring(offset, end))
                    .setEndOfStream(endOfStream && end == body.size())
                    .build()));
            offset = end;
        } while (offset < body.size());
    }

    private static ProcessingResponse requestBodyPart(StreamedBodyResponse part) {
        return ProcessingResponse.newBuilder().setRequestBody(streamed(part)).build();
    }

    private static ProcessingResponse responseBodyPart(StreamedBodyResponse part) {
        return ProcessingResponse.newBuilder().setResponseBody(streamed(part)).build();
    }

    private static BodyResponse streamed(StreamedBodyResponse part) {
        return BodyResponse.newBuilder()
                .setResponse(CommonResponse.newBuilder()
                        .setBodyMutation(BodyMutation.newBuilder().setStreamedResponse(part)))
                .build();
    }

    private static HeaderValueOption set(String name, String value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name).setRawValue(ByteString.copyFromUtf8(value)))
                .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                .build();
    }

    /// The chosen endpoint and, behind it, those that may take its place.
    private static String destination(PickResult.Routed routed) {
        return routed.fallbacks().isEmpty()
                ? routed.endpoint()
                : routed.endpoint() + "," + String.join(",", routed.fallbacks());
    }

    private static Struct metadata(PickResult.Routed routed) {
        @Nullable PickExplanation explanation = routed.explanation();
        Struct.Builder balancing = Struct.newBuilder().putFields(DESTINATION, text(destination(routed)));
        if (!routed.endpointScores().isEmpty()) {
            Struct.Builder scores = Struct.newBuilder();
            routed.endpointScores()
                    .forEach((endpoint, score) -> scores.putFields(
                            endpoint, Value.newBuilder().setNumberValue(score).build()));
            balancing.putFields(
                    SCORES, Value.newBuilder().setStructValue(scores).build());
        }
        Struct.Builder metadata = Struct.newBuilder()
                .putFields(
                        DESTINATION_NAMESPACE,
                        Value.newBuilder().setStructValue(balancing).build());
        if (explanation != null) {
            metadata.putFields(ExplanationText.NAMESPACE, ExplanationText.metadata(explanation));
        }
        return metadata.build();
    }

    private static Value text(String value) {
        return Value.newBuilder().setStringValue(value).build();
    }
}
