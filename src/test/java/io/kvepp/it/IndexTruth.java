package io.kvepp.it;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.config.Options;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.process.Await;
import io.kvepp.it.stack.WorkerStore;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvevents.RecoveryReply;
import io.kvepp.kvevents.RequestPlaneRecoveryClient;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.requestplane.TcpRequestPlaneClient;
import io.kvepp.requestplane.TcpRequestPlaneConfig;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.WorkerSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;

/// What the workers of a store say they hold, beside what a kv-epp believes.
///
/// Confined to one thread.
final class IndexTruth implements AutoCloseable {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

    private final TcpRequestPlaneClient requestPlane = new TcpRequestPlaneClient(
            TcpRequestPlaneConfig.from(Options.defaults()),
            () -> UUID.randomUUID().toString(),
            System::nanoTime);
    private final RequestPlaneRecoveryClient recovery = new RequestPlaneRecoveryClient(requestPlane);
    private final EppMetrics metrics = new EppMetrics();
    private final AtomicReference<WorkerSet> workers = new AtomicReference<>(WorkerSet.EMPTY);
    private final WorkerDiscovery discovery;

    IndexTruth(WorkerStore store) {
        discovery = store.discovery(metrics);
        try {
            requestPlane.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        discovery.start(workers::set);
    }

    /// Waits until so many ranks have a publisher, all of them and the kv-epp say the same, and they
    /// hold at least so much; returns it.
    Set<HeldBlocks.Held> awaitEqual(AdminClient kvEpp, String model, int ranks, int blocksMin, Duration limit) {
        AtomicReference<String> last = new AtomicReference<>("nothing");
        try {
            return Await.present("kv-epp's index equals what the workers say", limit, () -> {
                Optional<Set<HeldBlocks.Held>> told = told(ranks);
                Set<HeldBlocks.Held> believed = believed(kvEpp, model);
                last.set("told: " + told.map(Set::size) + " blocks, believed: " + believed.size());
                return told.filter(all -> all.size() >= blocksMin && all.equals(believed));
            });
        } catch (AssertionError e) {
            throw new AssertionError(
                    e.getMessage() + "; " + last + "; " + kvEpp.get("/workers").map(HttpAnswer::text), e);
        }
    }

    /// What all ranks say; empty while there are not so many, or one does not answer.
    Optional<Set<HeldBlocks.Held>> told(int ranks) {
        List<KvEventPublisher> publishers = workers.get().kvEventPublishers();
        if (publishers.size() != ranks) {
            return Optional.empty();
        }
        List<RouterEvent> events = new ArrayList<>();
        for (KvEventPublisher publisher : publishers) {
            try {
                RecoveryReply reply = recovery.recover(publisher, OptionalLong.empty(), ANSWER_LIMIT)
                        .join();
                if (!(reply instanceof RecoveryReply.TreeDump(var dumped, var _))) {
                    return Optional.empty();
                }
                events.addAll(dumped);
            } catch (CompletionException e) {
                return Optional.empty();
            }
        }
        return Optional.of(HeldBlocks.told(events).all());
    }

    /// What a kv-epp believes; nothing while it does not know the model.
    static Set<HeldBlocks.Held> believed(AdminClient kvEpp, String model) {
        JsonNode dump = kvEpp.get("/dump").orElseThrow().json();
        return dump.has(HeldBlocks.key(model)) ? HeldBlocks.of(dump, model).all() : Set.of();
    }

    @Override
    public void close() {
        discovery.close();
        requestPlane.close();
        metrics.close();
    }
}
