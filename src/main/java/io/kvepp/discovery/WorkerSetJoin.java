package io.kvepp.discovery;

import io.kvepp.discovery.DiscoveryProblem.Reason;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.LoadPublisher;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Turns live entries into a [WorkerSet].
///
/// - A worker is an instance and at least one model card at the same endpoint; an instance without
///   a card is some other component.
/// - A rank's publisher is the one event source that speaks for it within the scope its worker
///   names. None or two: the rank has none. It is heard at the event channel of the same publisher;
///   without one, at the topic's subject on the brokers of its namespace.
///
/// Confined; used once.
final class WorkerSetJoin {
    private static final Comparator<ModelCard> BASE_MODEL_FIRST = Comparator.comparing(
                    (ModelCard card) -> card.loraName() == null ? "" : card.loraName())
            .thenComparing(ModelCard::name);

    private static final Comparator<LoadPublisher> BY_PUBLISHER = Comparator.comparing(
                    LoadPublisher::publisherId, Long::compareUnsigned)
            .thenComparing(LoadPublisher::topic)
            .thenComparing(LoadPublisher::endpoint);

    private static final List<String> LOAD_TOPICS =
            List.of(DiscoveryRecordReader.LOAD_TOPIC, DiscoveryRecordReader.FORWARD_PASS_TOPIC);

    /// Who publishes to a subject is known by the messages alone.
    private static final long UNNAMED = 0;

    private final List<DiscoveryProblem> problems = new ArrayList<>();
    private final Map<InstanceKey, DiscoveryRecord.Instance> instances = new HashMap<>();
    private final Map<InstanceKey, List<DiscoveryRecord.Model>> models = new LinkedHashMap<>();
    private final Map<ChannelKey, String> channels = new HashMap<>();
    private final List<DiscoveryRecord.EventChannel> loadChannels = new ArrayList<>();
    private final Map<String, TreeSet<String>> brokers = new HashMap<>();
    private final Map<WorkerWithDpRank, List<DiscoveryRecord.EventSource>> sources = new LinkedHashMap<>();
    private final Map<Long, Worker> workers = new TreeMap<>(Long::compareUnsigned);
    private final Set<Long> foreignSourceMode = new HashSet<>();

    private record InstanceKey(EndpointId endpoint, long instanceId) {}

    private record ChannelKey(EndpointId scope, long publisherId) {}

    WorkerSetJoin(Collection<DiscoveryRecord> records, String namespacePrefix) {
        for (DiscoveryRecord record : records) {
            sort(record, namespacePrefix);
        }
    }

    List<DiscoveryProblem> problems() {
        return problems;
    }

    WorkerSet join() {
        models.forEach(this::addWorker);
        Map<Long, KvEventPublisher> publishers = new TreeMap<>(Long::compareUnsigned);
        Set<Long> shared = new HashSet<>();
        sources.forEach((rank, advertised) -> {
            @Nullable KvEventPublisher publisher = publisherOf(rank, advertised);
            if (publisher != null && publishers.put(publisher.publisherId(), publisher) != null) {
                shared.add(publisher.publisherId());
            }
        });
        for (long publisherId : shared) {
            publishers.remove(publisherId);
            skip("publisher " + Long.toUnsignedString(publisherId), Reason.AMBIGUOUS, "it speaks for two ranks");
        }
        return new WorkerSet(List.copyOf(workers.values()), List.copyOf(publishers.values()), loadPublishers());
    }

    /// Their messages name the rank they are about. What an endpoint announces no channel for is
    /// heard at the topic's subject, if it is heard at all.
    private List<LoadPublisher> loadPublishers() {
        Set<EndpointId> served = workers.values().stream().map(Worker::endpoint).collect(Collectors.toSet());
        List<LoadPublisher> publishers = new ArrayList<>();
        for (String topic : LOAD_TOPICS) {
            Set<EndpointId> silent = new HashSet<>(served);
            for (DiscoveryRecord.EventChannel channel : loadChannels) {
                if (channel.topic().equals(topic) && served.contains(channel.scope())) {
                    publishers.add(new LoadPublisher(topic, channel.publisherId(), channel.endpoint()));
                    silent.remove(channel.scope());
                }
            }
            for (EndpointId endpoint : silent) {
                publishers.add(new LoadPublisher(topic, UNNAMED, subjectOf(endpoint, topic)));
            }
        }
        publishers.sort(BY_PUBLISHER);
        return publishers;
    }

    private void sort(DiscoveryRecord record, String namespacePrefix) {
        switch (record) {
            case DiscoveryRecord.Instance instance ->
                instances.put(new InstanceKey(instance.endpoint(), instance.instanceId()), instance);
            case DiscoveryRecord.Model model -> {
                if (model.endpoint().namespace().startsWith(namespacePrefix)) {
                    models.computeIfAbsent(
                                    new InstanceKey(model.endpoint(), model.instanceId()), _ -> new ArrayList<>())
                            .add(model);
                }
            }
            case DiscoveryRecord.EventChannel channel -> {
                if (channel.topic().equals(DiscoveryRecordReader.KV_EVENTS_TOPIC)) {
                    channels.put(new ChannelKey(channel.scope(), channel.publisherId()), channel.endpoint());
                } else if (LOAD_TOPICS.contains(channel.topic())) {
                    loadChannels.add(channel);
                }
            }
            case DiscoveryRecord.EventBroker(var namespace, var endpoints) ->
                brokers.computeIfAbsent(namespace, _ -> new TreeSet<>()).addAll(endpoints);
            case DiscoveryRecord.EventSource source ->
                sources.computeIfAbsent(source.worker(), _ -> new ArrayList<>()).add(source);
            case DiscoveryRecord.Other _ -> {}
        }
    }

    private void addWorker(InstanceKey key, List<DiscoveryRecord.Model> cards) {
        String source = "worker " + Long.toUnsignedString(key.instanceId()) + " at " + key.endpoint();
        DiscoveryRecord.@Nullable Instance instance = instances.get(key);
        if (instance == null) {
            skip(source, Reason.INCOMPLETE, "a model card without its instance");
            return;
        }
        @Nullable Worker other = workers.get(key.instanceId());
        if (other != null) {
            skip(source, Reason.AMBIGUOUS, "the same id serves " + other.endpoint());
            return;
        }
        for (DiscoveryRecord.Model model : cards) {
            if (model.foreignSourceMode() != null && foreignSourceMode.add(key.instanceId())) {
                skip(
                        source,
                        Reason.UNSUPPORTED,
                        "kv_event_source_mode: " + model.foreignSourceMode()
                                + " (expected: framework_v1); routed without its KV events");
            }
        }
        List<ModelCard> sorted = cards.stream()
                .map(DiscoveryRecord.Model::card)
                .sorted(BASE_MODEL_FIRST)
                .toList();
        workers.put(key.instanceId(), new Worker(key.instanceId(), key.endpoint(), sorted, null, instance.requests()));
    }

    private @Nullable KvEventPublisher publisherOf(
            WorkerWithDpRank rank, List<DiscoveryRecord.EventSource> advertised) {
        @Nullable Worker worker = workers.get(rank.workerId());
        if (worker == null || foreignSourceMode.contains(rank.workerId())) {
            return null;
        }
        ModelCard card = worker.baseCard();
        if (!card.ranks().contains(rank.dpRank())) {
            skip(
                    "rank " + rank,
                    Reason.MALFORMED,
                    "dp_rank: " + rank.dpRank() + " (expected: " + card.ranks().size() + " ranks from "
                            + card.ranks().start() + ")");
            return null;
        }
        @Nullable EndpointId own = card.cache().stateEndpoint();
        EndpointId scope = own == null ? worker.endpoint() : own;
        Map<Long, DiscoveryRecord.EventSource> publishers = new HashMap<>();
        advertised.stream()
                .filter(source -> source.scope().equals(scope))
                .forEach(source -> publishers.putIfAbsent(source.publisherId(), source));
        if (publishers.size() > 1) {
            skip("rank " + rank, Reason.AMBIGUOUS, publishers.size() + " publishers speak for it");
        }
        return publishers.size() == 1
                ? withChannel(publishers.values().iterator().next())
                : null;
    }

    private KvEventPublisher withChannel(DiscoveryRecord.EventSource source) {
        long publisherId = source.publisherId();
        @Nullable String endpoint = channels.get(new ChannelKey(source.scope(), publisherId));
        return new KvEventPublisher(
                publisherId,
                source.worker(),
                endpoint == null ? subjectOf(source.scope(), source.topic()) : endpoint,
                source.recoveryTarget());
    }

    /// Publishers behind brokers announce no channel.
    private String subjectOf(EndpointId scope, String topic) {
        Set<String> known = brokers.getOrDefault(scope.namespace(), new TreeSet<>());
        return DiscoveryRecordReader.SUBJECT
                + scope.eventSubject(topic)
                + (known.isEmpty() ? "" : "@" + String.join(";", known));
    }

    private void skip(String source, Reason reason, String detail) {
        problems.add(new DiscoveryProblem(source, reason, detail));
    }
}
