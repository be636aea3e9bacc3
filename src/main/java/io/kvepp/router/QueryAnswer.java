package io.kvepp.router;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.inference.RequestParser;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.router.prefill.Placement;
import io.kvepp.worker.WorkerWithDpRank;
import java.math.BigInteger;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Answers a request that only asks where it would go, as a frontend in KV mode answers it.
///
/// The token ids are missing where the prompt was not read.
///
/// Source: observed with Dynamo 1.6.1.
///
/// Thread-safe.
final class QueryAnswer {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String RESPONSES = "/v1/responses";

    /// Of an empty response, all but its ids, times and model.
    private static final ObjectNode RESPONSE = parsed("""
        {"background":false,"metadata":{},"object":"response","parallel_tool_calls":true,\
        "service_tier":"auto","status":"completed","temperature":1.0,"text":{"format":{"type":"text"}},\
        "tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","billing":null,\
        "conversation":null,"error":null,"incomplete_details":null,"instructions":null,"max_tool_calls":null,\
        "previous_response_id":null,"prompt":null,"prompt_cache_key":null,"prompt_cache_retention":null,\
        "reasoning":null,"safety_identifier":null,"usage":null,"presence_penalty":0.0,\
        "frequency_penalty":0.0,"store":false}\
        """);

    private static final PickResult UNKNOWN = new PickResult.Rejected(
            RejectReason.MALFORMED,
            "nvext.annotations: query_instance_id (expected: in chat completions, completions, and responses that are"
                    + " not streamed)",
            "nvext.annotations");

    private final RequestParser parser;
    private final InstantSource clock;

    /// `parser`: tells the API of a request
    QueryAnswer(RequestParser parser, InstantSource clock) {
        this.parser = parser;
        this.clock = clock;
    }

    PickResult of(PlacementTask task, Placement placement) {
        return switch (parser.api(task.request().path(), task.request().body())) {
            case CHAT -> answered(task, placement, chat(task));
            case COMPLETIONS -> answered(task, placement, completion(task));
            // The frontend's events of a response, and its messages, have no room for the workers.
            case RESPONSES -> task.prompt().isStreamed() ? UNKNOWN : answered(task, placement, response(task));
            default -> UNKNOWN;
        };
    }

    private static PickResult answered(PlacementTask task, Placement placement, ObjectNode answer) {
        answer.set("nvext", extension(task, placement));
        try {
            String text = JSON.writeValueAsString(answer);
            return task.prompt().isStreamed()
                    ? new PickResult.Answered("text/event-stream", "data: " + text + "\n\ndata: [DONE]\n\n")
                    : new PickResult.Answered("application/json", text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers cannot fail to serialize", e);
        }
    }

    private ObjectNode chat(PlacementTask task) {
        boolean streamed = task.prompt().isStreamed();
        ObjectNode answer =
                JSON.createObjectNode().put("id", "chatcmpl-" + task.request().requestId());
        ObjectNode choice = answer.putArray("choices").addObject().put("index", 0);
        if (streamed) {
            choice.putObject("delta").put("role", "assistant");
        } else {
            choice.putObject("message").putNull("content").putNull("refusal").put("role", "assistant");
        }
        choice.putNull("finish_reason").putNull("logprobs");
        return answer.put("created", clock.instant().getEpochSecond())
                .put("model", task.prompt().model())
                .put("object", streamed ? "chat.completion.chunk" : "chat.completion");
    }

    private ObjectNode completion(PlacementTask task) {
        ObjectNode answer =
                JSON.createObjectNode().put("id", "cmpl-" + task.request().requestId());
        answer.putArray("choices").addObject().put("text", "").put("index", 0);
        return answer.put("created", clock.instant().getEpochSecond())
                .put("model", task.prompt().model())
                .putNull("system_fingerprint")
                .put("object", "text_completion")
                .putNull("usage");
    }

    private ObjectNode response(PlacementTask task) {
        String id = task.request().requestId();
        ObjectNode message = JSON.createObjectNode().put("type", "message");
        message.putArray("content").add(parsed("""
            {"type":"output_text","annotations":[],"logprobs":[],"text":""}\
            """));
        message.put("id", "msg_" + id).put("role", "assistant").put("status", "completed");
        long now = clock.instant().getEpochSecond();
        ObjectNode answer = RESPONSE.deepCopy();
        answer.putArray("output").add(message);
        return answer.put("created_at", now)
                .put("completed_at", now)
                .put("id", "resp_" + id)
                .put("model", task.prompt().model());
    }

    private static ObjectNode parsed(String text) {
        try {
            return (ObjectNode) JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a constant is JSON", e);
        }
    }

    private static ObjectNode extension(PlacementTask task, Placement placement) {
        ObjectNode extension = JSON.createObjectNode();
        WorkerWithDpRank decode = placement.decodeWorker();
        @Nullable WorkerWithDpRank prefill = placement.prefillWorker();
        ObjectNode workers = extension.putObject("worker_id");
        put(workers, "prefill", prefill == null ? decode : prefill);
        put(workers, "decode", decode);
        int @Nullable [] tokenIds = task.prompt().tokenIds();
        if (tokenIds != null) {
            ArrayNode ids = extension.putArray("token_ids");
            for (int tokenId : tokenIds) {
                ids.add(Integer.toUnsignedLong(tokenId));
            }
        }
        return extension;
    }

    private static void put(ObjectNode workers, String role, WorkerWithDpRank worker) {
        workers.put(role + "_worker_id", new BigInteger(Long.toUnsignedString(worker.workerId())));
        workers.put(role + "_dp_rank", worker.dpRank());
    }
}
