package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.requestplane.EndpointException.ErrorType;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.requestplane.RequestPlaneException;
import io.kvepp.requestplane.RequestTarget.PayloadCodec;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// A worker's answer, item by item in MessagePack.
///
/// [#next] and [#each] are confined to one thread at a time; the rest is for any thread.
final class WorkerStream implements AutoCloseable {
    private final WorkerWithDpRank worker;
    private final PayloadCodec codec;
    private final ItemStream items;

    /// As [ItemStream.Taker], with items that are read.
    @FunctionalInterface
    interface Taker {
        @Nullable
        CompletableFuture<Void> take(OutputItem item);
    }

    WorkerStream(WorkerWithDpRank worker, PayloadCodec codec, ItemStream items) {
        this.worker = worker;
        this.codec = codec;
        this.items = items;
    }

    /// Null after the last.
    @Nullable
    OutputItem next() throws HopFailure {
        try {
            byte[] item = items.next();
            return item == null ? null : OutputItem.read(Codecs.toMsgpack(codec, item));
        } catch (RequestPlaneException e) {
            throw HopFailure.of(worker, e);
        } catch (MalformedMessageException e) {
            throw malformed(e);
        }
    }

    /// Has all further items taken, on a thread that must not block, and waits until the last has been.
    ///
    /// @throws CompletionException with what the taker failed with
    void each(Taker taker) throws HopFailure {
        try {
            items.each(raw -> {
                try {
                    return taker.take(OutputItem.read(Codecs.toMsgpack(codec, raw)));
                } catch (MalformedMessageException e) {
                    return CompletableFuture.failedFuture(malformed(e));
                }
            });
        } catch (RequestPlaneException e) {
            throw HopFailure.of(worker, e);
        } catch (CompletionException e) {
            if (e.getCause() instanceof HopFailure known) {
                throw known;
            }
            throw e;
        }
    }

    private HopFailure malformed(MalformedMessageException e) {
        return new HopFailure(worker, ErrorType.UNKNOWN, HopFailure.Progress.REFUSED, "item: " + e.getMessage());
    }

    /// Asks the worker to end its answer, or does so at once.
    void end(boolean atOnce) {
        if (atOnce) {
            items.close();
        } else {
            items.stop();
        }
    }

    @Override
    public void close() {
        items.close();
    }
}
