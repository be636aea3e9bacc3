package io.kvepp.discovery;

import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.RequestAddress;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.ModelCard;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One entry of Dynamo's discovery store, as far as a picker needs it.
///
/// Source: Dynamo `lib/runtime/src/discovery`, the values of the four `v1/...` buckets.
///
/// Immutable.
public sealed interface DiscoveryRecord {
    /// An endpoint is served by this instance. `instanceId` is unsigned.
    ///
    /// - `requests`: where; null when it says nothing of it
    record Instance(
            EndpointId endpoint, long instanceId, @Nullable RequestAddress requests) implements DiscoveryRecord {
        public Instance(EndpointId endpoint, long instanceId) {
            this(endpoint, instanceId, null);
        }
    }

    /// The instance serves this model (or this LoRA adapter of it) at the endpoint.
    ///
    /// - `foreignSourceMode`: the card's `kv_event_source_mode` when its events are announced in a
    ///   way this process does not read (`state_agent_v2` or unknown), else null
    record Model(
            EndpointId endpoint,
            long instanceId,
            ModelCard card,
            @Nullable String foreignSourceMode) implements DiscoveryRecord {}

    /// A publisher of this topic can be heard at `endpoint`: its own ZMQ socket (`tcp://...`), or
    /// the topic's subject on a NATS server (`subject:...`). `publisherId` is unsigned and is no
    /// instance id.
    record EventChannel(EndpointId scope, String topic, long publisherId, String endpoint) implements DiscoveryRecord {}

    /// ZMQ publishers of the namespace send through this broker, and are heard at any of its
    /// `endpoints`.
    record EventBroker(String namespace, List<String> endpoints) implements DiscoveryRecord {
        public EventBroker {
            endpoints = List.copyOf(endpoints);
        }
    }

    /// The publisher announces the KV events of this rank.
    ///
    /// - `recoveryTarget`: null when the events are live only, or nothing says where the target is
    record EventSource(
            EndpointId scope,
            String topic,
            long publisherId,
            WorkerWithDpRank worker,
            @Nullable RecoveryTarget recoveryTarget)
            implements DiscoveryRecord {}

    /// A well-formed entry a picker has no use for; `what` names it.
    record Other(String what) implements DiscoveryRecord {}
}
