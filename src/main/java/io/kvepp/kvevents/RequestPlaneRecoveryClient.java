package io.kvepp.kvevents;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.RequestPlaneClient;
import io.kvepp.requestplane.RequestTarget;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// Asks workers over the request plane.
///
/// Targets that read JSON only are not asked: their publishers count as live only.
///
/// Source: Dynamo `lib/llm/src/kv_router/indexer/recovery/worker_query_endpoint.rs`.
///
/// Thread-safe. Does not own the client.
public final class RequestPlaneRecoveryClient implements RecoveryClient {
    private final RequestPlaneClient client;

    public RequestPlaneRecoveryClient(RequestPlaneClient client) {
        this.client = client;
    }

    @Override
    public boolean canRecover(KvEventPublisher publisher) {
        @Nullable RecoveryTarget target = publisher.recoveryTarget();
        return target != null && target.codec() == RecoveryTarget.Codec.MSGPACK;
    }

    @Override
    public CompletableFuture<RecoveryReply> recover(
            KvEventPublisher publisher, OptionalLong startEventId, Duration timeout) {
        @Nullable RecoveryTarget target = publisher.recoveryTarget();
        if (target == null) {
            return CompletableFuture.failedFuture(
                    new IllegalArgumentException("recoveryTarget: absent (expected: a target)"));
        }
        CompletableFuture<List<byte[]>> call = client.call(
                new RequestTarget(target.transport(), RequestTarget.PayloadCodec.MSGPACK),
                question(publisher, startEventId),
                timeout);
        CompletableFuture<RecoveryReply> reply = call.thenApplyAsync(
                RequestPlaneRecoveryClient::decode, Thread.ofVirtual().name("kv-recovery-reply")::start);
        // Cancelling what is given out would not reach the call otherwise.
        var _ = reply.whenComplete((_, _) -> {
            if (reply.isCancelled()) {
                call.cancel(true);
            }
        });
        return reply;
    }

    static byte[] question(KvEventPublisher publisher, OptionalLong startEventId) {
        MsgpackWriter writer = new MsgpackWriter()
                .map(6)
                .string("worker_id")
                .unsigned(publisher.worker().workerId())
                .string("dp_rank")
                .unsigned(publisher.worker().dpRank())
                .string("start_event_id");
        if (startEventId.isPresent()) {
            writer.unsigned(startEventId.getAsLong());
        } else {
            writer.nil();
        }
        return writer.string("end_event_id")
                .nil()
                .string("supports_tree_dump_failed")
                .bool(true)
                .string("kind")
                .string("recovery")
                .toBytes();
    }

    private static RecoveryReply decode(List<byte[]> items) {
        try {
            if (items.size() != 1) {
                throw new MalformedMessageException("items: " + items.size() + " (expected: 1)");
            }
            return RecoveryReplyDecoder.decode(items.getFirst());
        } catch (MalformedMessageException e) {
            throw new CompletionException(e);
        }
    }
}
