package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static io.kvepp.extproc.ExtProcFixture.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.service.ext_proc.v3.HeaderMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickResult;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What gateway and client are told of a decision.
class DecisionAnswersTest {
    private final ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void nothingIsLeft() {
        stream.close();
        assertThat(stream.openStreams()).isZero();
        assertThat(stream.heldBodyBytes()).isZero();
    }

    @Test
    void theDestinationIsTheSameInHeaderAndMetadata() {
        stream.send(post(), requestBody("x", true));
        stream.route();

        ProcessingResponse answer = stream.responses.getFirst();
        HeaderMutation mutation = answer.getRequestHeaders().getResponse().getHeaderMutation();
        assertThat(answer.getRequestHeaders().getResponse().getClearRouteCache())
                .isTrue();
        assertThat(value(mutation, "x-gateway-destination-endpoint")).isEqualTo("10.0.0.1:8000");
        assertThat(answer.getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsOrThrow("x-gateway-destination-endpoint")
                        .getStringValue())
                .isEqualTo("10.0.0.1:8000");
        assertThat(mutation.getSetHeadersList())
                .allMatch(option ->
                        option.getAppendAction() == HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
    }

    @Test
    void fallbacksFollowTheDestinationInHeaderAndMetadata() {
        stream.send(post(), requestBody("x", true));
        PickResult.Routed routed = stream.routed(BodyEdit.NONE);
        stream.answer(new PickResult.Routed(
                routed.endpoint(),
                List.of("10.0.0.2:8000", "[::1]:8000"),
                routed.headers(),
                routed.body(),
                null,
                null,
                routed.lifecycle()));

        ProcessingResponse answer = stream.responses.getFirst();
        String destinations = "10.0.0.1:8000,10.0.0.2:8000,[::1]:8000";
        assertThat(answer.getRequestHeaders()
                        .getResponse()
                        .getHeaderMutation()
                        .getSetHeaders(0)
                        .getHeader()
                        .getRawValue()
                        .toStringUtf8())
                .isEqualTo(destinations);
        assertThat(answer.getDynamicMetadata()
                        .getFieldsOrThrow("envoy.lb")
                        .getStructValue()
                        .getFieldsOrThrow("x-gateway-destination-endpoint")
                        .getStringValue())
                .isEqualTo(destinations);
        stream.reset();
    }

    @Test
    void anExplanationIsToldInMetadataAndInAResponseHeader() {
        stream.send(post(), requestBody("x", true));
        PickResult.Routed routed = stream.routed(BodyEdit.NONE);
        PickExplanation explanation = new PickExplanation(
                "r\u00e9q",
                "m",
                64,
                16,
                "disaggregated",
                "its turn",
                new PickExplanation.Choice("9", 1, 3, 1.5),
                new PickExplanation.Choice("8", 0, 4, 0),
                List.of(),
                List.of());
        stream.answer(new PickResult.Routed(
                routed.endpoint(), List.of(), routed.headers(), routed.body(), null, explanation, routed.lifecycle()));
        var told = stream.responses
                .getFirst()
                .getDynamicMetadata()
                .getFieldsOrThrow("kv_epp")
                .getStructValue();
        assertThat(told.getFieldsOrThrow("why").getStringValue()).isEqualTo("its turn");
        assertThat(told.getFieldsOrThrow("prefill_worker_id").getStringValue()).isEqualTo("8");
        assertThat(told.getFieldsOrThrow("decode_cost").getNumberValue()).isEqualTo(1.5);

        stream.send(responseHeaders(true));
        var header = stream.responses
                .getLast()
                .getResponseHeaders()
                .getResponse()
                .getHeaderMutation()
                .getSetHeaders(0)
                .getHeader();
        assertThat(header.getKey()).isEqualTo("x-kv-epp-pick");
        assertThat(header.getRawValue().toStringUtf8())
                .startsWith("{\"requestId\":\"r\\u00E9q\",\"model\":\"m\"")
                .isEqualTo(told.getFieldsOrThrow("explanation").getStringValue());
    }

    @Test
    void headersOfThePickerReplaceThoseOfTheResponse() {
        stream.addedToResponse = List.of(new HttpHeader("x-a", "1"), new HttpHeader("x-b", "\u00e9"));
        stream.send(requestHeaders(true, ":path", "/"));
        stream.answer(stream.routed(BodyEdit.NONE));
        stream.send(responseHeaders(true));

        var added =
                stream.responses.getLast().getResponseHeaders().getResponse().getHeaderMutation();
        assertThat(added.getSetHeadersList())
                .extracting(header -> header.getHeader().getKey() + "="
                        + header.getHeader().getRawValue().toStringUtf8() + " " + header.getAppendAction())
                .containsExactly("x-a=1 OVERWRITE_IF_EXISTS_OR_ADD", "x-b=\u00e9 OVERWRITE_IF_EXISTS_OR_ADD");
        assertThat(added.getRemoveHeadersList()).isEmpty();
    }

    @Test
    void aRequestThatOnlyAsksIsAnsweredAndNotRouted() {
        stream.send(post(), requestBody("x", true));
        stream.answer(new PickResult.Answered("text/event-stream", "data: x\n\n"));

        assertThat(stream.responses).hasSize(1);
        var immediate = stream.responses.getFirst().getImmediateResponse();
        assertThat(immediate.getStatus().getCodeValue()).isEqualTo(200);
        assertThat(immediate.getBody().toStringUtf8()).isEqualTo("data: x\n\n");
        assertThat(immediate
                        .getHeaders()
                        .getSetHeaders(0)
                        .getHeader()
                        .getRawValue()
                        .toStringUtf8())
                .isEqualTo("text/event-stream");
        assertThat(stream.completed).isTrue();
    }

    @Test
    void aHeaderThatIsSetIsNotRemovedAsWell() {
        stream.send(post(), requestBody("x", true));
        stream.route();

        HeaderMutation mutation =
                stream.responses.getFirst().getRequestHeaders().getResponse().getHeaderMutation();
        assertThat(value(mutation, "x-dynamo-worker-instance-id")).isEqualTo("7");
        assertThat(mutation.getRemoveHeadersList()).containsExactly("x-worker-instance-id");
    }

    private static ProcessingRequest post() {
        return requestHeaders(false, ":method", "POST", ":path", "/v1/chat/completions");
    }
}
