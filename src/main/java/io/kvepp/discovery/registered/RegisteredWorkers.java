package io.kvepp.discovery.registered;

import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Workers that callers register, beside those that another discovery finds.
///
/// - A registration is in force when the method that made it returns.
/// - A registered worker that cannot be selected is kept and told of, with what it lacks.
/// - A worker that discovery finds wins over a registered one of the same id.
/// - Registrations last until they are removed; they are not kept beyond the process.
///
/// Thread-safe. The listener is called on the threads that register, and on that of the other
/// discovery, one at a time.
public final class RegisteredWorkers implements WorkerDiscovery {
    /// How many can be registered at a time.
    public static final int WORKERS_MAX = WorkerSlots.SLOTS_MAX;

    private static final Comparator<RegisteredWorker> BY_POOL = Comparator.comparing(
                    (RegisteredWorker each) -> each.registration().model())
            .thenComparing(each -> each.registration().routingGroup())
            .thenComparing(each -> each.registration().workerId(), Long::compareUnsigned);

    private final WorkerDiscovery others;
    private final RegistrationRules rules;
    private final Object order = new Object();
    private final Map<Long, RegisteredWorker> workers = new TreeMap<>(Long::compareUnsigned);
    private WorkerSet found = WorkerSet.EMPTY;
    private @Nullable Consumer<WorkerSet> listener;
    private volatile List<RegisteredWorker> listed = List.of();

    public RegisteredWorkers(WorkerDiscovery others, RegistrationRules rules) {
        this.others = others;
        this.rules = rules;
    }

    /// Registers a worker, in place of the one with the same id; null when there are
    /// [#WORKERS_MAX] others.
    public @Nullable RegisteredWorker register(WorkerRegistration registration) {
        synchronized (order) {
            boolean known = workers.containsKey(registration.workerId());
            return known || workers.size() < WORKERS_MAX ? put(registration) : null;
        }
    }

    /// Makes of what is known of a worker what is known from now on, under the same id.
    @FunctionalInterface
    public interface Change<E extends Exception> {
        WorkerRegistration of(WorkerRegistration known) throws E;
    }

    /// Changes what is known of a worker; null when there is none with this id.
    public <E extends Exception> @Nullable RegisteredWorker change(long workerId, Change<E> change) throws E {
        synchronized (order) {
            @Nullable RegisteredWorker known = workers.get(workerId);
            return known == null ? null : put(change.of(known.registration()));
        }
    }

    /// Takes a worker out and tells what it was; null when there is none with this id.
    public @Nullable RegisteredWorker remove(long workerId) {
        synchronized (order) {
            @Nullable RegisteredWorker removed = workers.remove(workerId);
            if (removed != null) {
                offer();
            }
            return removed;
        }
    }

    /// All that are registered, by model, routing group and id.
    public List<RegisteredWorker> registered() {
        return listed;
    }

    @Override
    public void start(Consumer<WorkerSet> workersListener) {
        synchronized (order) {
            listener = workersListener;
        }
        others.start(set -> {
            synchronized (order) {
                found = set;
                offer();
            }
        });
    }

    @Override
    public boolean synced() {
        return others.synced();
    }

    @Override
    public boolean connected() {
        return others.connected();
    }

    @Override
    public void close() {
        others.close();
        synchronized (order) {
            listener = null;
        }
    }

    private RegisteredWorker put(WorkerRegistration registration) {
        workers.remove(registration.workerId());
        RegisteredWorker worker = new RegisteredWorker(registration, rules.missing(registration, workers.values()));
        workers.put(registration.workerId(), worker);
        offer();
        return worker;
    }

    private void offer() {
        listed = workers.values().stream().sorted(BY_POOL).toList();
        if (listener != null) {
            listener.accept(joined(found, workers.values(), rules.kvEvents()));
        }
    }

    private static WorkerSet joined(WorkerSet found, Collection<RegisteredWorker> registered, boolean kvEvents) {
        Set<Long> ids = found.workers().stream().map(Worker::id).collect(Collectors.toSet());
        List<Worker> workers = new ArrayList<>(found.workers());
        List<EngineEvents> events = new ArrayList<>(found.engineEvents());
        for (RegisteredWorker each : registered) {
            if (each.isSchedulable() && !ids.contains(each.registration().workerId())) {
                workers.add(RegisteredEngine.worker(each.registration(), kvEvents));
                events.addAll(kvEvents ? RegisteredEngine.events(each.registration()) : List.of());
            }
        }
        workers.sort(Comparator.comparing(Worker::id, Long::compareUnsigned));
        events.sort(Comparator.comparing(
                        (Function<EngineEvents, WorkerWithDpRank>) EngineEvents::worker,
                        Comparator.comparing(WorkerWithDpRank::workerId, Long::compareUnsigned))
                .thenComparingInt(each -> each.worker().dpRank()));
        return new WorkerSet(workers, found.kvEventPublishers(), found.loadPublishers(), events);
    }
}
