package io.kvepp.app;

import io.kvepp.admin.BusyThresholds;
import io.kvepp.admin.EventSourceRow;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.eventplane.EngineSubscriber;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.kvcache.HeardIndexer;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.dump.DumpWriter;
import io.kvepp.kvevents.KvEventSources;
import io.kvepp.kvevents.RankStatus;
import io.kvepp.kvevents.RecoveryClient;
import io.kvepp.kvevents.RequestPlaneRecoveryClient;
import io.kvepp.kvevents.engine.EngineEventSources;
import io.kvepp.load.ActiveSequences;
import io.kvepp.load.signals.EngineLoads;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.nats.NatsConnection;
import io.kvepp.picker.PickerInspection;
import io.kvepp.preprocess.Preprocessors;
import io.kvepp.requestplane.RequestPlaneClient;
import io.kvepp.router.KvRouter;
import io.kvepp.router.RouterParts;
import io.kvepp.router.headers.DynamoDialect;
import io.kvepp.router.prefill.Placements;
import io.kvepp.router.reuse.ReuseLedger;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.SelectionParts;
import io.kvepp.routerservice.SelectionService;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.WorkerHealth;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.scheduling.queue.AdmissionQueues;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Everything behind the waist: who exists, who holds what, who is busy, and the decision.
///
/// Thread-safe. Owns its threads from [#start] to [#close].
final class Brain implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Brain.class);
    private static final Duration HTTP_CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final WorkerDiscovery discovery;
    private final @Nullable EndpointId ownEndpoint;
    private final WorkerDirectory directory;
    private final WorkerSlots slots = new WorkerSlots();
    private final Prefixes prefixes;
    private final boolean useKvEvents;
    private final ActiveSequences active;
    private final WorkerHealth health;
    private final SessionAffinity sessions;
    private final Overloads overloads;
    private final AdmissionQueues queues;
    private final ReuseLedger reuse;
    private final KvEventSources eventSources;
    private final EngineEventSources engineEvents;
    private final Preprocessors preprocessors;
    private final KvRouter router;
    private final SelectionService selections;
    private final List<Consumer<WorkerDirectory.Snapshot>> workerListeners = new CopyOnWriteArrayList<>();
    private volatile boolean readsPrompts = true;
    private final StoreWatch storeWatch;
    private final HttpClient http;
    private final PickThreads pickThreads;
    private final ExecutorService loader = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("model-loader").daemon().factory());

    /// The brain that the options ask for.
    static Brain of(
            EppConfig config,
            WorkerDiscovery discovery,
            RequestPlaneClient workers,
            NatsConnection nats,
            EppMetrics metrics,
            Clocks clocks) {
        RecoveryClient missed = new RequestPlaneRecoveryClient(workers);
        return new Brain(
                config,
                discovery,
                new EventInputs(
                        Plugins.eventSubscriber(config, DiscoveryRecordReader.KV_EVENTS_TOPIC, nats, clocks.nanos()),
                        config.resetStates() ? new FreshStart(missed) : missed,
                        Plugins.engineSubscriber(config, clocks.nanos()),
                        Plugins.eventSubscriber(config, DiscoveryRecordReader.LOAD_TOPIC, nats, clocks.nanos()),
                        Plugins.eventSubscriber(
                                config, DiscoveryRecordReader.FORWARD_PASS_TOPIC, nats, clocks.nanos())),
                metrics,
                clocks);
    }

    /// Where KV events come from, who is asked for those that were missed, where engines without
    /// Dynamo tell theirs, and where engines tell their load and their steps.
    record EventInputs(
            EventSubscriber live,
            RecoveryClient missed,
            EngineSubscriber engines,
            EventSubscriber loads,
            EventSubscriber steps) {}

    Brain(EppConfig config, WorkerDiscovery discovery, EventInputs events, EppMetrics metrics, Clocks clocks) {
        this.discovery = discovery;
        storeWatch = new StoreWatch(discovery, metrics);
        ownEndpoint = config.requestPlanes().endpoints().generate();
        health = new WorkerHealth(config.health(), clocks.nanos());
        sessions = new SessionAffinity(config.sessions(), clocks.nanos());
        active = new ActiveSequences(config.load().requestSilenceMax(), clocks.nanos());
        directory = new WorkerDirectory(slots);
        http = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(HTTP_CONNECT_TIMEOUT)
                .build();
        overloads = new Overloads(
                config.overload(),
                active,
                new EngineLoads(
                        new EngineLoads.Sources(events.loads(), events.steps(), config.enginePages(), http),
                        slots,
                        this::hasRequests,
                        metrics,
                        clocks.nanos()),
                () -> directory.snapshot().models().keySet());
        prefixes = new Prefixes(config.prefixes(), slots, clocks.nanos());
        useKvEvents = config.prefixes().useKvEvents();
        reuse = new ReuseLedger(metrics, useKvEvents, clocks.nanos());
        KvIndexer heard = new HeardIndexer(prefixes.indexer(), reuse::onEvent);
        eventSources =
                new KvEventSources(config.kvEvents(), events.live(), heard, events.missed(), metrics, clocks.nanos());
        engineEvents = new EngineEventSources(events.engines(), heard, eventSources, metrics);
        preprocessors = new Preprocessors(
                config.preprocess(),
                new ModelFileStore(config.modelFiles(), http, metrics),
                metrics,
                loader,
                clocks.wall());
        pickThreads = new PickThreads(config.router());
        queues = new AdmissionQueues(
                config.queue(),
                active,
                (model, ranks, capacities) -> overloads.monitor().usable(model, health.usable(ranks), capacities),
                clocks.nanos());
        WorkerSelector selector = new WorkerSelector(active, new SplittableRandom());
        RouterParts parts = new RouterParts(
                Plugins.requestParser(config.body()),
                preprocessors,
                prefixes.finder(),
                active,
                new Placements(active, selector, config.scheduling(), sessions),
                sessions,
                config.prefill(),
                health,
                overloads.monitor(),
                queues,
                reuse,
                config.load().trackOutputBlocks(),
                new DynamoDialect(),
                metrics,
                pickThreads,
                clocks.nanos(),
                clocks.wall());
        router = new KvRouter(config.router(), parts, directory.snapshot());
        selections = new SelectionService(
                new SelectionParts(
                        prefixes.finder(),
                        active,
                        selector,
                        config.scheduling(),
                        sessions,
                        health,
                        overloads.monitor(),
                        queues,
                        metrics,
                        config.load().requestSilenceMax(),
                        clocks.nanos()),
                directory.snapshot());
        bindMeters(metrics);
    }

    void start() {
        prefixes.start();
        eventSources.start();
        engineEvents.start();
        overloads.start();
        discovery.start(this::onWorkers);
    }

    /// Whether models are loaded; before the start.
    void readPrompts(boolean reads) {
        readsPrompts = reads;
    }

    /// `listener` is told of every new state of the worker directory, on the discovery thread.
    void onWorkers(Consumer<WorkerDirectory.Snapshot> listener) {
        workerListeners.add(listener);
    }

    WorkerDirectory.Snapshot workersNow() {
        return directory.snapshot();
    }

    KvRouter router() {
        return router;
    }

    /// The workers that discovery knows now.
    WorkerSet workerSet() {
        return directory.snapshot().workers();
    }

    /// The same choices for callers that are no gateways.
    SelectionService selections() {
        return selections;
    }

    PickerInspection inspection() {
        return router.inspection();
    }

    BusyThresholds thresholds() {
        return overloads;
    }

    boolean discoverySynced() {
        return discovery.synced();
    }

    /// The store of workers can be reached.
    boolean discoveryConnected() {
        return discovery.connected();
    }

    /// How many workers there are.
    int workers() {
        return directory.snapshot().workers().workers().size();
    }

    /// Every model that exists was loaded, or cannot be.
    boolean modelsSettled() {
        return inspection().models().stream().noneMatch(model -> model.state().equals("loading"));
    }

    /// Every model that exists has what its requests need; with enforced disaggregation that is a
    /// prefill worker. False while there is no model.
    boolean modelsServable() {
        return router.servesAll();
    }

    /// Gives back what silent requests still hold, and forgets idle sessions; called once in a while.
    void tick() {
        active.endSilent();
        sessions.expire();
    }

    /// Lets go who has waited too long, lets in who can be, settles what was reused, sees whether the
    /// store of workers is there; called several times a second.
    void tickOften() {
        storeWatch.tick();
        queues.tick();
        reuse.tick();
        selections.tick();
    }

    boolean eventSourcesConnected() {
        return eventSources.allConnected() && engineEvents.allConnected();
    }

    List<EventSourceRow> eventSourceRows() {
        return rankStatuses().map(Brain::row).toList();
    }

    private Stream<RankStatus> rankStatuses() {
        return Stream.concat(eventSources.status().stream(), engineEvents.status().stream());
    }

    /// Writes what all workers hold, as JSON.
    void dump(OutputStream out) throws IOException {
        new DumpWriter(prefixes.indexer(), PoolKey::groupOf)
                .write(directory.snapshot().workers(), out);
    }

    @Override
    public void close() {
        discovery.close();
        engineEvents.close();
        eventSources.close();
        overloads.close();
        prefixes.close();
        pickThreads.close();
        loader.shutdownNow();
        http.shutdownNow();
    }

    /// On the discovery thread. Routers that answer for the workers are none of them.
    private void onWorkers(WorkerSet announced) {
        WorkerSet set = ownEndpoint == null ? announced : announced.without(ownEndpoint);
        WorkerDirectory.Change change = directory.update(set);
        if (change.ranksWithoutSlot() > 0) {
            LOG.warn(
                    "ranks: {} more than can be known at a time (expected: at most {}); they get no requests",
                    change.ranksWithoutSlot(),
                    WorkerSlots.SLOTS_MAX);
        }
        preprocessors.retain(readsPrompts ? cards(set) : List.of());
        // Who waits is asked again by the router, which must then see the new workers too.
        selections.onWorkers(directory.snapshot());
        workerListeners.forEach(listener -> listener.accept(directory.snapshot()));
        router.onWorkers(directory.snapshot());
        if (!set.workers().isEmpty()) {
            prefixes.onWorkersKnown();
        }
        // Handing events on may wait for the index; a dead worker must not stay routable meanwhile.
        overloads.engines().update(set);
        eventSources.update(useKvEvents ? set.kvEventPublishers() : List.of());
        engineEvents.update(useKvEvents ? set.engineEvents() : List.of());
        change.left().forEach(rank -> eventSources.afterAll(() -> forget(rank)));
    }

    private boolean hasRequests(WorkerWithDpRank rank) {
        int slot = slots.slotOf(rank);
        return slot != WorkerSlots.NONE && active.requests(slot) > 0;
    }

    /// On the thread that writes the index.
    private void forget(WorkerWithDpRank rank) {
        int slot = slots.slotOf(rank);
        prefixes.removeRank(rank, () -> {
            if (slot != WorkerSlots.NONE) {
                directory.release(rank, () -> {
                    active.removeRank(slot);
                    health.forget(slot);
                    overloads.engines().forget(slot);
                });
            }
        });
    }

    private static List<ModelCard> cards(WorkerSet set) {
        return set.workers().stream().map(Worker::cards).flatMap(List::stream).toList();
    }

    private static EventSourceRow row(RankStatus status) {
        WorkerWithDpRank rank = status.publisher().worker();
        return new EventSourceRow(
                Long.toUnsignedString(rank.workerId()),
                rank.dpRank(),
                status.connected(),
                status.state(),
                status.lastEventId(),
                status.coldStarts());
    }

    private void bindMeters(EppMetrics metrics) {
        metrics.bind(Meter.BOOKINGS_ACTIVE, active::reservations);
        metrics.bind(Meter.BOOKINGS_SILENT, active::silentEnds);
        metrics.bind(Meter.SELECTION_BOOKINGS, selections::bookings);
        metrics.bind(Meter.SELECTION_BOOKINGS_SILENT, selections::silentBookings);
        metrics.bind(Meter.SESSIONS_BOUND, sessions::bound);
        metrics.bind(Meter.SESSIONS_REFUSED, sessions::refused);
        queues.classNames().forEach(name -> metrics.bind(Meter.QUEUE_REQUESTS, name, () -> queues.waiting(name)));
        metrics.bind(Meter.WORKERS_EJECTED, health::ejected);
        metrics.bind(Meter.WORKER_EJECTIONS, health::ejections);
        metrics.bind(Meter.WORKERS, this::workers);
        metrics.bind(Meter.DISCOVERY_CONNECTED, () -> discovery.connected() ? 1 : 0);
        RankStatus.STATES.forEach(state -> metrics.bind(
                Meter.KV_RANKS,
                state,
                () -> rankStatuses().filter(rank -> rank.state().equals(state)).count()));
        metrics.bind(Meter.KV_EVENT_MESSAGES_WAITING, eventSources::waitingMessages);
        metrics.bind(Meter.KV_EVENT_LAG_MILLIS, eventSources::lagMillis);
        prefixes.bindMeters(metrics);
    }
}
