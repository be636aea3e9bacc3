package io.kvepp.scheduling.queue;

import io.kvepp.load.ActiveSequences;
import io.kvepp.load.RankCapacities;
import io.kvepp.worker.RankSlot;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The queue of every model whose requests may wait, and how fast each model's workers compute
/// prompts.
///
/// Thread-safe.
public final class AdmissionQueues {
    private final QueueConfig config;
    private final boolean anybodyWaits;
    private final ActiveSequences active;
    private final RankFilter filter;
    private final LongSupplier nanoClock;
    private final Map<String, AdmissionQueue> queues = new ConcurrentHashMap<>();
    private final Map<String, DrainRate> drains = new ConcurrentHashMap<>();
    private volatile RankCapacities capacities = RankCapacities.NONE;

    /// Says which ranks may be given requests at all. Thread-safe.
    @FunctionalInterface
    public interface RankFilter {
        /// Those of a model's ranks; may be none.
        List<RankSlot> usable(String model, List<RankSlot> ranks, RankCapacities capacities);
    }

    public AdmissionQueues(QueueConfig config, ActiveSequences active, RankFilter filter, LongSupplier nanoClock) {
        this.config = config;
        anybodyWaits = config.profiles().queue();
        this.active = active;
        this.filter = filter;
        this.nanoClock = nanoClock;
    }

    public QueueConfig config() {
        return config;
    }

    /// The queue of a model; null when its requests never wait.
    public @Nullable AdmissionQueue of(String model) {
        if (!anybodyWaits) {
            return null;
        }
        @Nullable AdmissionQueue queue = queues.get(model);
        return queue != null || !config.profiles().of(model).queues()
                ? queue
                : queues.computeIfAbsent(model, this::create);
    }

    public DrainRate drain(String model) {
        return drains.computeIfAbsent(model, _ -> new DrainRate(nanoClock));
    }

    /// The workers have changed: who waits is told, and forgotten models are dropped.
    public void onWorkers(RankCapacities now, Set<String> models) {
        capacities = now;
        drains.keySet().retainAll(models);
        queues.forEach((model, queue) -> {
            if (!models.contains(model)) {
                queues.remove(model, queue);
            }
            queue.displaceAll();
        });
    }

    /// Everybody who waits may ask again: the workers that may be chosen have changed.
    public void displaceAll() {
        queues.values().forEach(AdmissionQueue::displaceAll);
    }

    /// Some rank of the model may have room now.
    public void loadFell(String model) {
        @Nullable AdmissionQueue queue = queues.get(model);
        if (queue != null) {
            queue.loadFell();
        }
    }

    /// Called several times a second.
    public void tick() {
        queues.values().forEach(AdmissionQueue::tick);
    }

    /// Names of all classes of all models.
    public Set<String> classNames() {
        return Stream.concat(Stream.of(config.profiles().root()), config.profiles().models().values().stream())
                .flatMap(profile -> profile.classes().stream())
                .map(PolicyClass::name)
                .collect(Collectors.toUnmodifiableSet());
    }

    /// Requests of a class that wait, of all models.
    public long waiting(String policyClass) {
        return queues.values().stream()
                .mapToLong(queue -> queue.waiting(policyClass))
                .sum();
    }

    private AdmissionQueue create(String model) {
        RankGate gate = new RankGate(active, () -> capacities, ranks -> filter.usable(model, ranks, capacities));
        return new AdmissionQueue(config.profiles().of(model), gate, drain(model), config.timeout(), nanoClock);
    }
}
