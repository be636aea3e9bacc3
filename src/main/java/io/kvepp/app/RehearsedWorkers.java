package io.kvepp.app;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.eventplane.EngineAddress;
import io.kvepp.eventplane.EngineListener;
import io.kvepp.eventplane.EngineSubscriber;
import io.kvepp.eventplane.EventListener;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.PublisherAddress;
import io.kvepp.kvevents.RecoveryClient;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.RoutingProfile;
import io.kvepp.worker.card.WorkerRole;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// The workers of the [WarmUp]: two models, one aggregated and one disaggregated, that nobody
/// serves.
final class RehearsedWorkers {
    static final String AGGREGATED = "warm-up-aggregated";
    static final String DISAGGREGATED = "warm-up-disaggregated";

    private RehearsedWorkers() {}

    static Brain brain(EppConfig config, Path model, EppMetrics metrics, Clocks clocks) {
        WorkerSet workers = new WorkerSet(
                List.of(
                        worker(1, AGGREGATED, WorkerRole.AGGREGATED, model),
                        worker(2, AGGREGATED, WorkerRole.AGGREGATED, model),
                        worker(3, DISAGGREGATED, WorkerRole.PREFILL, model),
                        worker(4, DISAGGREGATED, WorkerRole.DECODE, model)),
                List.of());
        return new Brain(
                config,
                new FixedDiscovery(workers),
                new Brain.EventInputs(
                        new Silence(), RecoveryClient.NONE, new SilentEngines(), new Silence(), new Silence()),
                metrics,
                clocks);
    }

    private static Worker worker(long id, String model, WorkerRole role, Path folder) {
        ModelFiles files = new ModelFiles(
                file(folder, "config.json"),
                file(folder, "tokenizer.json"),
                file(folder, "tokenizer_config.json"),
                null,
                List.of());
        ModelCard card = new ModelCard(
                model,
                List.of(),
                null,
                role,
                KvCacheProfile.of(16, false),
                EngineLimits.context(32_768),
                DpRanks.ONE,
                PromptProfile.PLAIN,
                RoutingProfile.NONE,
                files);
        return new Worker(id, new EndpointId("warm-up", "worker", "generate"), List.of(card));
    }

    private static FileReference file(Path folder, String name) {
        return new FileReference(folder.resolve(name).toString(), null, -1);
    }

    private record FixedDiscovery(WorkerSet workers) implements WorkerDiscovery {
        @Override
        public void start(Consumer<WorkerSet> listener) {
            listener.accept(workers);
        }

        @Override
        public boolean synced() {
            return true;
        }

        @Override
        public void close() {}
    }

    /// Engines that never say anything.
    private static final class SilentEngines implements EngineSubscriber {
        @Override
        public void start(EngineListener listener) {}

        @Override
        public void subscribe(Set<EngineAddress> engines) {}

        @Override
        public boolean connected(EngineAddress engine) {
            return true;
        }

        @Override
        public void replay(EngineAddress engine, long replay, long fromSequence, Duration pause) {}

        @Override
        public void close() {}
    }

    /// An event plane on which nothing is ever said.
    private static final class Silence implements EventSubscriber {
        @Override
        public void start(EventListener listener) {}

        @Override
        public boolean reaches(PublisherAddress publisher) {
            return true;
        }

        @Override
        public void subscribe(Set<PublisherAddress> publishers) {}

        @Override
        public boolean connected(PublisherAddress publisher) {
            return true;
        }

        @Override
        public void close() {}
    }
}
