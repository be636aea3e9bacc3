package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointRequest;
import io.kvepp.requestplane.TcpRequestPlaneServer.EndpointHandler;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionService;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The endpoints of the 2025 router: a caller asks for the best worker, calls that itself, and says
/// when it is done.
///
/// - `find_best_worker`: `{token_ids, request_id}` -> `{worker_id, dp_rank, overlap_blocks}`;
///   `{status: "fallback", message}` while nobody can be chosen; `{status: "error", message}`
/// - `free`: `{request_id}` -> `{status: "success" or "error", message}`
///
/// Source: Dynamo 0.5, components `router` and `prefill_router`.
///
/// Thread-safe.
final class BookingEndpoints {
    private static final int REQUEST_ID_CHARS_MAX = 512;

    private final SelectionService service;
    private final Selections selections;
    private final Supplier<Fleet> fleet;

    BookingEndpoints(SelectionService service, Supplier<Fleet> fleet) {
        this.service = service;
        selections = new Selections(service);
        this.fleet = fleet;
    }

    @Nullable
    EndpointHandler findBestWorker(EndpointRequest request, EndpointAnswer answer)
            throws EndpointException, IOException {
        Fields fields = fields(request);
        try {
            SelectionRequest wanted =
                    SelectionRequest.of(fleet.get().pool(), SelectionPrompt.Tokens.of(fields.tokenIds("token_ids")));
            Selections.Asked asked = selections.ask(requestId(fields), wanted);
            if (!asked.isMade()) {
                return (_, waiting) -> waiting.send(Codecs.encoded(request.codec(), told(asked.await(waiting))));
            }
            answer.send(Codecs.encoded(request.codec(), told(asked.await(answer))));
        } catch (MalformedMessageException e) {
            answer.send(Codecs.encoded(request.codec(), status("error", String.valueOf(e.getMessage()))));
        }
        return null;
    }

    @Nullable
    EndpointHandler free(EndpointRequest request, EndpointAnswer answer) throws EndpointException, IOException {
        Fields fields = fields(request);
        byte[] told;
        try {
            String id = requestId(fields);
            told = service.free(id)
                    ? status("success", "Request " + id + " freed successfully")
                    : status("error", "request_id: " + id + " (expected: one that find_best_worker booked)");
        } catch (MalformedMessageException e) {
            told = status("error", String.valueOf(e.getMessage()));
        }
        answer.send(Codecs.encoded(request.codec(), told));
        return null;
    }

    private static Fields fields(EndpointRequest request) throws EndpointException {
        try {
            return Fields.read(Codecs.payload(request));
        } catch (MalformedMessageException e) {
            throw Codecs.malformed(e);
        }
    }

    private static String requestId(Fields fields) throws MalformedMessageException {
        @Nullable String id = fields.text("request_id");
        if (id == null || id.isEmpty() || id.length() > REQUEST_ID_CHARS_MAX) {
            throw fields.malformed("request_id", "a text of 1 to " + REQUEST_ID_CHARS_MAX + " characters");
        }
        return id;
    }

    private static byte[] told(Answer<Selected> answer) {
        return switch (answer) {
            case Answer.Given<Selected>(var selected) -> best(selected);
            case Answer.Refused<Selected> refused
            when refused.reason() == Answer.Reason.NO_WORKERS -> status("fallback", refused.message());
            case Answer.Refused<Selected> refused -> status("error", Selections.text(refused));
        };
    }

    private static byte[] best(Selected selected) {
        return new MsgpackWriter()
                .map(3)
                .string("worker_id")
                .unsigned(selected.chosen().worker().workerId())
                .string("dp_rank")
                .unsigned(selected.chosen().worker().dpRank())
                .string("overlap_blocks")
                .unsigned(selected.overlap().throughDisk())
                .toBytes();
    }

    private static byte[] status(String status, String message) {
        return new MsgpackWriter()
                .map(2)
                .string("status")
                .string(status)
                .string("message")
                .string(message)
                .toBytes();
    }
}
