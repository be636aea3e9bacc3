package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One item of a worker's answer, as far as a router looks into it.
///
/// - `raw`: the whole item
/// - `tokenIds`: generated with it
/// - `finished`: the answer is complete with it
/// - `handoff`: what a prefill worker says of its KV cache (`disaggregated_params`)
/// - `promptDetails`: what its usage says of the prompt
/// - `error`: null when it is none
///
/// Source: Dynamo 1.6.1 `Annotated` and `LLMEngineOutput`.
///
/// Immutable; the arrays are not changed.
record OutputItem(
        byte[] raw,
        int[] tokenIds,
        boolean finished,
        byte @Nullable [] handoff,
        byte @Nullable [] promptDetails,
        @Nullable WorkerError error) {
    private static final int[] NO_TOKENS = {};

    /// What a worker says went wrong.
    ///
    /// - `type`: in Dynamo's words; of a `Backend` error what is inside
    record WorkerError(String type, String message) {
        private static final Set<String> OF_THE_WORKER = Set.of(
                "CannotConnect",
                "Disconnected",
                "ConnectionTimeout",
                "ResponseTimeout",
                "EngineShutdown",
                "StreamIncomplete",
                "WorkerOverloaded",
                "WorkerUnavailable");

        /// Whether another worker may do better.
        boolean isOfTheWorker() {
            return OF_THE_WORKER.contains(type);
        }
    }

    static OutputItem read(byte[] msgpack) throws MalformedMessageException {
        Fields item = Fields.read(msgpack);
        if (item.raw("error") != null || "error".equals(item.text("event"))) {
            return new OutputItem(msgpack, NO_TOKENS, true, null, null, error(item));
        }
        @Nullable Fields data = item.map("data");
        if (data == null) {
            return new OutputItem(msgpack, NO_TOKENS, false, null, null, null);
        }
        byte @Nullable [] tokens = data.raw("token_ids");
        @Nullable Fields usage = data.map("completion_usage");
        return new OutputItem(
                msgpack,
                tokens == null ? NO_TOKENS : Fields.tokenIds(tokens),
                data.raw("finish_reason") != null,
                data.raw("disaggregated_params"),
                usage == null ? null : usage.raw("prompt_tokens_details"),
                null);
    }

    private static WorkerError error(Fields item) throws MalformedMessageException {
        byte @Nullable [] raw = item.raw("error");
        if (raw == null || new MsgpackReader(raw).next() != MsgpackReader.Kind.MAP) {
            return new WorkerError("Unknown", String.join(", ", item.texts("comment")));
        }
        Fields error = Fields.read(raw);
        byte @Nullable [] type = error.raw("error_type");
        @Nullable String message = error.text("message");
        return new WorkerError(type == null ? "Unknown" : type(type), message == null ? "" : message);
    }

    /// A text, or `{"Backend": text}`.
    private static String type(byte[] type) throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(type);
        if (reader.next() == MsgpackReader.Kind.MAP && reader.mapHeader() == 1) {
            reader.string();
        }
        return reader.string();
    }
}
