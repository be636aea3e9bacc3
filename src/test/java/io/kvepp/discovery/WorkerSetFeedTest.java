package io.kvepp.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.discovery.DiscoveryProblem.Reason;
import io.kvepp.discovery.DiscoveryRecord.EventBroker;
import io.kvepp.discovery.DiscoveryRecord.EventChannel;
import io.kvepp.discovery.DiscoveryRecord.EventSource;
import io.kvepp.discovery.DiscoveryRecord.Instance;
import io.kvepp.discovery.DiscoveryRecord.Model;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.testing.ModelCards;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.LoadPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.ModelCard;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkerSetFeedTest {
    private static final EndpointId GENERATE = new EndpointId("ns", "backend", "generate");
    private static final EndpointId STATE = new EndpointId("ns", "cache", "state");
    private static final String TOPIC = "kv-events";
    private static final String LOAD = "kv_metrics";
    private static final String FORWARD_PASS = "forward-pass-metrics";

    private final EppMetrics metrics = new EppMetrics();
    private final List<WorkerSet> sets = new ArrayList<>();
    private final WorkerSetFeed feed = feed("");

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void theFirstSetIsDeliveredEvenWhenEmpty() {
        assertThat(feed.synced()).isFalse();
        offer(feed);
        assertThat(sets).containsExactly(WorkerSet.EMPTY);
        assertThat(feed.synced()).isTrue();
    }

    @Test
    void aWorkerIsAnInstanceWithACardAndItsRanksPublisherIsSourceJoinedWithChannel() {
        offer(
                feed,
                instance(1),
                model(1, card("m", null, 2)),
                source(1, 0, 70),
                source(1, 1, 71),
                channel(70),
                channel(71));

        assertThat(sets)
                .containsExactly(new WorkerSet(
                        List.of(new Worker(1, GENERATE, List.of(card("m", null, 2)))),
                        List.of(publisher(1, 0, 70), publisher(1, 1, 71)),
                        List.of(
                                new LoadPublisher(FORWARD_PASS, 0, "subject:" + GENERATE.eventSubject(FORWARD_PASS)),
                                new LoadPublisher(LOAD, 0, "subject:" + GENERATE.eventSubject(LOAD)))));
    }

    @Test
    void theLoadOfAnEndpointIsToldByItsChannels() {
        EndpointId strange = new EndpointId("ns", "other", "generate");
        offer(
                feed,
                instance(1),
                model(1, card("m", null, 1)),
                new EventChannel(GENERATE, LOAD, -1, "tcp://10.0.0.1:2"),
                new EventChannel(GENERATE, LOAD, 72, "tcp://10.0.0.1:1"),
                new EventChannel(GENERATE, FORWARD_PASS, 73, "tcp://10.0.0.1:3"),
                new EventChannel(strange, LOAD, 74, "tcp://10.0.0.1:4"));

        assertThat(sets.getFirst().loadPublishers())
                .containsExactly(
                        new LoadPublisher(LOAD, 72, "tcp://10.0.0.1:1"),
                        new LoadPublisher(FORWARD_PASS, 73, "tcp://10.0.0.1:3"),
                        new LoadPublisher(LOAD, -1, "tcp://10.0.0.1:2"));
    }

    @Test
    void theLoadOfAnEndpointWithoutChannelsIsToldAtItsSubjectOnTheBrokersOfItsNamespace() {
        offer(
                feed,
                instance(1),
                model(1, card("m", null, 1)),
                new EventChannel(GENERATE, FORWARD_PASS, 73, "tcp://10.0.0.1:3"),
                new EventBroker(GENERATE.namespace(), List.of("tcp://10.0.0.9:1")));

        assertThat(sets.getFirst().loadPublishers())
                .containsExactly(
                        new LoadPublisher(LOAD, 0, "subject:" + GENERATE.eventSubject(LOAD) + "@tcp://10.0.0.9:1"),
                        new LoadPublisher(FORWARD_PASS, 73, "tcp://10.0.0.1:3"));
    }

    @Test
    void equalEntriesInAnyOrderAreNotDeliveredAgain() {
        List<DiscoveryRecord> records = new ArrayList<>(List.of(
                instance(1),
                instance(-1),
                model(1, card("m", null, 1)),
                model(-1, card("m", null, 1)),
                source(1, 0, 70),
                source(-1, 0, 71),
                channel(70),
                channel(71)));
        Random random = new Random(7);
        for (int i = 0; i < 20; i++) {
            feed.offer(records, List.of());
            Collections.shuffle(records, random);
        }

        assertThat(sets).hasSize(1);
        assertThat(sets.getFirst().workers()).extracting(Worker::id).containsExactly(1L, -1L);
        assertThat(sets.getFirst().kvEventPublishers())
                .extracting(KvEventPublisher::publisherId)
                .containsExactly(70L, 71L);
    }

    @Test
    void neitherACardWithoutInstanceNorAnInstanceWithoutCardIsAWorker() {
        offer(feed, instance(1), model(2, card("m", null, 1)), source(1, 0, 70), channel(70));

        assertThat(sets).containsExactly(WorkerSet.EMPTY);
        assertThat(skipped("incomplete")).isEqualTo(1);
    }

    @Test
    void cardsOfAdaptersJoinTheirWorkerBehindTheBaseModel() {
        offer(feed, instance(1), model(1, card("a-lora", "a-lora", 1)), model(1, card("m", null, 1)));

        assertThat(sets.getFirst().workers())
                .containsExactly(new Worker(1, GENERATE, List.of(card("m", null, 1), card("a-lora", "a-lora", 1))));
    }

    @Test
    void onlyWorkersOfTheNamespacePrefixExist() {
        EndpointId other = new EndpointId("prod", "backend", "generate");
        WorkerSetFeed prefixed = feed("ns");
        offer(
                prefixed,
                instance(1),
                model(1, card("m", null, 1)),
                new Instance(new EndpointId("ns-a", "b", "g"), 2),
                new Model(new EndpointId("ns-a", "b", "g"), 2, card("m", null, 1), null),
                new Instance(other, 3),
                new Model(other, 3, card("m", null, 1), null));

        assertThat(sets.getFirst().workers()).extracting(Worker::id).containsExactly(1L, 2L);
    }

    @Test
    void aRankWhoseSourceIsMissingHasNoPublisherUntilItAppears() {
        offer(feed, instance(1), model(1, card("m", null, 2)), source(1, 0, 70), channel(70), channel(71));
        assertThat(sets.getLast().kvEventPublishers()).containsExactly(publisher(1, 0, 70));
        assertThat(skipped("ambiguous")).isZero();

        offer(
                feed,
                instance(1),
                model(1, card("m", null, 2)),
                source(1, 0, 70),
                source(1, 1, 71),
                channel(70),
                channel(71));
        assertThat(sets.getLast().kvEventPublishers()).containsExactly(publisher(1, 0, 70), publisher(1, 1, 71));
    }

    @Test
    void aRankWhoseSourceIsAmbiguousHasNoPublisherUntilOneRemains() {
        offer(
                feed,
                instance(1),
                model(1, card("m", null, 1)),
                source(1, 0, 70),
                source(1, 0, 71),
                channel(70),
                channel(71));
        assertThat(sets.getFirst().kvEventPublishers()).isEmpty();
        assertThat(skipped("ambiguous")).isEqualTo(1);

        offer(feed, instance(1), model(1, card("m", null, 1)), source(1, 0, 71), channel(70), channel(71));
        assertThat(sets.getLast().kvEventPublishers()).containsExactly(publisher(1, 0, 71));
    }

    @Test
    void aPublisherThatSpeaksForTwoRanksSpeaksForNone() {
        offer(feed, instance(1), model(1, card("m", null, 2)), source(1, 0, 70), source(1, 1, 70), channel(70));

        assertThat(sets.getFirst().kvEventPublishers()).isEmpty();
        assertThat(skipped("ambiguous")).isEqualTo(1);
    }

    @Test
    void aSourceWithRankOutOfRangeOrInAnotherScopeIsNoPublisher() {
        offer(
                feed,
                instance(1),
                model(1, card("m", null, 1)),
                source(1, 1, 71),
                channel(71),
                new EventSource(STATE, TOPIC, 72, new WorkerWithDpRank(1, 0), null),
                new EventChannel(STATE, TOPIC, 72, "tcp://10.0.0.1:72"));

        assertThat(sets.getFirst().kvEventPublishers()).isEmpty();
        assertThat(skipped("malformed")).isEqualTo(1);
    }

    @Test
    void aSourceWithoutChannelIsHeardAtItsSubjectOnTheBrokersOfItsNamespace() {
        offer(feed, instance(1), model(1, card("m", null, 1)), source(1, 0, 70));
        offer(
                feed,
                instance(1),
                model(1, card("m", null, 1)),
                source(1, 0, 70),
                new EventBroker("elsewhere", List.of("tcp://10.0.0.8:1")),
                new EventBroker(GENERATE.namespace(), List.of("tcp://10.0.0.9:2", "tcp://10.0.0.9:1")));

        String subject = "subject:" + GENERATE.eventSubject(TOPIC);
        assertThat(sets.get(0).kvEventPublishers())
                .extracting(KvEventPublisher::endpoint)
                .containsExactly(subject);
        assertThat(sets.get(1).kvEventPublishers())
                .extracting(KvEventPublisher::endpoint)
                .containsExactly(subject + "@tcp://10.0.0.9:1;tcp://10.0.0.9:2");
    }

    @Test
    void theCardMayNameTheScopeOfItsEvents() {
        ModelCard elsewhere = ModelCards.aggregated("m")
                .cache(new KvCacheProfile(16, false, true, STATE))
                .card();
        offer(
                feed,
                instance(1),
                model(1, elsewhere),
                source(1, 0, 70),
                channel(70),
                new EventSource(STATE, TOPIC, 72, new WorkerWithDpRank(1, 0), null),
                new EventChannel(STATE, TOPIC, 72, "tcp://10.0.0.1:72"));

        assertThat(sets.getFirst().kvEventPublishers())
                .extracting(KvEventPublisher::publisherId)
                .containsExactly(72L);
    }

    @Test
    void aWorkerWithAnotherWayToAnnounceEventsIsThereWithoutPublishers() {
        offer(
                feed,
                instance(1),
                new Model(GENERATE, 1, card("m", null, 1), "state_agent_v2"),
                source(1, 0, 70),
                channel(70));

        assertThat(sets.getFirst().workers()).hasSize(1);
        assertThat(sets.getFirst().kvEventPublishers()).isEmpty();
        assertThat(skipped("unsupported")).isEqualTo(1);
    }

    @Test
    void oneIdAtTwoEndpointsIsOneWorker() {
        EndpointId other = new EndpointId("ns", "other", "generate");
        offer(
                feed,
                instance(1),
                model(1, card("m", null, 1)),
                new Instance(other, 1),
                new Model(other, 1, card("m", null, 1), null));

        assertThat(sets.getFirst().workers()).hasSize(1);
        assertThat(skipped("ambiguous")).isEqualTo(1);
    }

    @Test
    void aProblemIsCountedWhenItAppearsNotWhileItLasts() {
        DiscoveryProblem problem = new DiscoveryProblem("file", Reason.UNREADABLE, "why");
        feed.offer(List.of(), List.of(problem));
        feed.offer(List.of(instance(1)), List.of(problem));
        assertThat(skipped("unreadable")).isEqualTo(1);

        feed.offer(List.of(), List.of());
        feed.offer(List.of(), List.of(problem));
        assertThat(skipped("unreadable")).isEqualTo(2);
    }

    @Test
    void aSetTheListenerFailedOnIsOfferedAgain() {
        List<WorkerSet> seen = new ArrayList<>();
        WorkerSetFeed failing = new WorkerSetFeed(new DiscoveryConfig(""), metrics, set -> {
            seen.add(set);
            if (seen.size() == 1) {
                throw new IllegalStateException("expected by the test");
            }
        });
        assertThatThrownBy(() -> offer(failing)).isInstanceOf(IllegalStateException.class);
        assertThat(failing.synced()).isFalse();
        offer(failing);
        offer(failing);

        assertThat(seen).hasSize(2);
        assertThat(failing.synced()).isTrue();
    }

    private WorkerSetFeed feed(String namespacePrefix) {
        return new WorkerSetFeed(new DiscoveryConfig(namespacePrefix), metrics, sets::add);
    }

    private static void offer(WorkerSetFeed feed, DiscoveryRecord... records) {
        feed.offer(List.of(records), List.of());
    }

    private long skipped(String reason) {
        return metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("kv_epp_discovery_skipped_total{reason=\"" + reason + "\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static ModelCard card(String name, @Nullable String lora, int dpSize) {
        ModelCards card = ModelCards.aggregated(name).ranks(0, dpSize);
        return (lora == null ? card : card.lora(lora)).card();
    }

    private static Instance instance(long id) {
        return new Instance(GENERATE, id);
    }

    private static Model model(long id, ModelCard card) {
        return new Model(GENERATE, id, card, null);
    }

    private static EventSource source(long workerId, int dpRank, long publisherId) {
        return new EventSource(
                GENERATE, TOPIC, publisherId, new WorkerWithDpRank(workerId, dpRank), target(publisherId));
    }

    private static RecoveryTarget target(long publisherId) {
        return new RecoveryTarget("10.0.0.1:9/" + publisherId, RecoveryTarget.Codec.MSGPACK);
    }

    private static EventChannel channel(long publisherId) {
        return new EventChannel(GENERATE, TOPIC, publisherId, "tcp://10.0.0.1:" + publisherId);
    }

    private static KvEventPublisher publisher(long workerId, int dpRank, long publisherId) {
        return new KvEventPublisher(
                publisherId,
                new WorkerWithDpRank(workerId, dpRank),
                "tcp://10.0.0.1:" + publisherId,
                target(publisherId));
    }
}
