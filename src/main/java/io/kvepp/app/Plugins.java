package io.kvepp.app;

import io.kvepp.config.ConfigurationException;
import io.kvepp.discovery.EndpointRegistration;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.etcd.EtcdDiscovery;
import io.kvepp.discovery.etcd.EtcdRegistration;
import io.kvepp.discovery.file.FileDiscovery;
import io.kvepp.discovery.file.FileRegistration;
import io.kvepp.discovery.kubernetes.KubernetesDiscovery;
import io.kvepp.discovery.kubernetes.KubernetesRegistration;
import io.kvepp.discovery.registered.NothingFound;
import io.kvepp.discovery.staticlist.StaticListDiscovery;
import io.kvepp.eventplane.EngineSubscriber;
import io.kvepp.eventplane.EventSubscriber;
import io.kvepp.eventplane.nats.NatsEventSubscriber;
import io.kvepp.eventplane.zmq.ZmqEngineSubscriber;
import io.kvepp.eventplane.zmq.ZmqEventSubscriber;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.anthropic.AnthropicApis;
import io.kvepp.inference.body.BodyApi;
import io.kvepp.inference.body.BodyConfig;
import io.kvepp.inference.body.BodyParser;
import io.kvepp.inference.openai.OpenAiApis;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.nats.NatsConnection;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/// What implements each extension point. A new implementation is a new row here.
///
/// | extension point | option | row |
/// |---|---|---|
/// | [WorkerDiscovery] | `discovery-backend` | [#DISCOVERY] |
/// | [EventSubscriber] | `event-plane` | [#EVENT_PLANES] |
/// | [BodyApi] | none: all are served | [#requestParser] |
final class Plugins {
    static final String ETCD = "etcd";
    static final String FILE = "file";
    static final String KUBERNETES = "kubernetes";
    static final String NONE = "none";
    static final String STATIC = "static";
    static final String ZMQ = "zmq";
    static final String NATS = "nats";

    private static final Map<String, DiscoveryFactory> DISCOVERY = new TreeMap<>(Map.of(
            ETCD,
            (config, metrics, _, _) -> new EtcdDiscovery(config.etcd(), config.discovery(), metrics),
            FILE,
            (config, metrics, clock, _) ->
                    new FileDiscovery(config.fileDiscovery(), config.discovery(), clock, metrics),
            KUBERNETES,
            (config, metrics, _, kubernetes) -> new KubernetesDiscovery(
                    config.kubernetesDiscovery(), config.discovery(), kubernetes.api(), metrics),
            NONE,
            (_, _, _, _) -> new NothingFound(),
            STATIC,
            (config, metrics, clock, _) -> new StaticListDiscovery(config.staticList(), clock, metrics)));

    private static final Map<String, EventPlaneFactory> EVENT_PLANES = new TreeMap<>(Map.of(
            ZMQ, (config, topic, _, nanoClock) -> new ZmqEventSubscriber(config.zmq(), topic, nanoClock),
            NATS, (_, topic, nats, _) -> new NatsEventSubscriber(nats, topic)));

    private Plugins() {}

    static String[] discoveryBackends() {
        return DISCOVERY.keySet().toArray(new String[0]);
    }

    static String[] eventPlanes() {
        return EVENT_PLANES.keySet().toArray(new String[0]);
    }

    static WorkerDiscovery discovery(EppConfig config, EppMetrics metrics, Clock clock, Kubernetes kubernetes) {
        return find(DISCOVERY, config.discoveryBackend()).create(config, metrics, clock, kubernetes);
    }

    /// Where endpoints of this process are announced: in the store where workers are found.
    ///
    /// @throws ConfigurationException when nothing can be announced there
    static EndpointRegistration registration(EppConfig config, Kubernetes kubernetes, Clocks clocks, long instanceId) {
        return switch (config.discoveryBackend()) {
            case FILE -> new FileRegistration(config.fileDiscovery(), instanceId, clocks.wall());
            case ETCD -> new EtcdRegistration(config.etcd());
            case KUBERNETES -> new KubernetesRegistration(config.kubernetesDiscovery(), kubernetes.api());
            default ->
                throw ConfigurationException.of(
                        "discovery-backend",
                        config.discoveryBackend(),
                        FILE + ", " + ETCD + " or " + KUBERNETES
                                + ": the router's endpoints cannot be announced elsewhere");
        };
    }

    static EventSubscriber eventSubscriber(
            EppConfig config, String topic, NatsConnection nats, LongSupplier nanoClock) {
        return find(EVENT_PLANES, config.eventPlane()).create(config, topic, nats, nanoClock);
    }

    /// How engines without Dynamo are heard, whatever the event plane.
    static EngineSubscriber engineSubscriber(EppConfig config, LongSupplier nanoClock) {
        return new ZmqEngineSubscriber(config.zmq(), nanoClock);
    }

    static RequestParser requestParser(BodyConfig config) {
        Map<String, BodyApi> apis = new HashMap<>(OpenAiApis.all(config));
        apis.putAll(AnthropicApis.all(config));
        return new BodyParser(apis, config);
    }

    private static <T> T find(Map<String, T> table, String name) {
        T factory = table.get(name);
        if (factory == null) {
            throw new IllegalStateException("no implementation of " + name);
        }
        return factory;
    }

    @FunctionalInterface
    private interface DiscoveryFactory {
        WorkerDiscovery create(EppConfig config, EppMetrics metrics, Clock clock, Kubernetes kubernetes);
    }

    @FunctionalInterface
    private interface EventPlaneFactory {
        EventSubscriber create(EppConfig config, String topic, NatsConnection nats, LongSupplier nanoClock);
    }
}
