package io.kvepp.router.prefill;

import io.kvepp.scheduling.RoutingConstraints;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerDirectory;
import io.kvepp.worker.card.KvTransfer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which decode workers a prefill worker's KV cache can, or should, be transferred to.
///
/// The domain that the prefill worker names becomes the taint `dynamo.topology/DOMAIN=VALUE`, which
/// the decode worker must have or had better have. A prefill worker that names a domain but not its
/// value, its enforcement or the weight of a preference is given no requests: its KV cache might
/// not arrive.
///
/// Source: Dynamo `lib/llm/src/discovery/model_manager`, which fails the request then.
///
/// Immutable.
public final class TransferRules {
    public static final TransferRules NONE = new TransferRules(Map.of());

    private static final Logger LOG = LoggerFactory.getLogger(TransferRules.class);
    private static final String TAINT = "dynamo.topology/";

    private final Map<Long, Rule> byWorker;

    private TransferRules(Map<Long, Rule> byWorker) {
        this.byWorker = Map.copyOf(byWorker);
    }

    private sealed interface Rule {
        record Required(String taint) implements Rule {}

        record Preferred(String taint, float weight) implements Rule {}

        record Broken(String what) implements Rule {}
    }

    public static TransferRules of(WorkerDirectory.Snapshot directory) {
        Map<Long, Rule> rules = new HashMap<>();
        for (Worker worker : directory.workers().workers()) {
            KvTransfer transfer = worker.baseCard().routing().kvTransfer();
            if (transfer.domain() != null) {
                rules.put(worker.id(), rule(transfer, transfer.domain()));
            }
        }
        return rules.isEmpty() ? NONE : new TransferRules(rules);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TransferRules that && byWorker.equals(that.byWorker);
    }

    @Override
    public int hashCode() {
        return byWorker.hashCode();
    }

    /// Says which workers get no requests because of what their card lacks.
    public void logBroken() {
        byWorker.forEach((id, rule) -> {
            if (rule instanceof Rule.Broken(var what)) {
                LOG.atWarn()
                        .addKeyValue("workerId", Long.toUnsignedString(id))
                        .log("a prefill worker gets no requests: {}", what);
            }
        });
    }

    /// Those of the prefill ranks that one of the decode ranks can take over from.
    public List<RankSlot> reachable(List<RankSlot> prefill, List<RankSlot> decode, RoutingConstraints request) {
        return byWorker.isEmpty()
                ? prefill
                : prefill.stream()
                        .filter(rank -> {
                            @Nullable RoutingConstraints merged = decodeConstraints(rank, request);
                            return merged != null && !merged.eligible(decode).isEmpty();
                        })
                        .toList();
    }

    /// The request's own constraints and those of the prefill rank together; null when the card of
    /// its worker lacks something.
    public @Nullable RoutingConstraints decodeConstraints(RankSlot prefill, RoutingConstraints request) {
        @Nullable Rule rule = byWorker.get(prefill.worker().workerId());
        return switch (rule) {
            case null -> request;
            case Rule.Broken _ -> null;
            case Rule.Required(var taint) -> {
                Set<String> required = new HashSet<>(request.requiredTaints());
                required.add(taint);
                yield new RoutingConstraints(request.allowedWorkerIds(), required, request.preferredTaints());
            }
            case Rule.Preferred(var taint, var weight) -> {
                Map<String, Float> preferred = new HashMap<>(request.preferredTaints());
                preferred.put(taint, weight);
                yield new RoutingConstraints(request.allowedWorkerIds(), request.requiredTaints(), preferred);
            }
        };
    }

    private static Rule rule(KvTransfer transfer, String domain) {
        @Nullable String value = transfer.domains().get(domain);
        if (value == null) {
            return new Rule.Broken("topology_domains: no " + domain + " (expected: that of kv_transfer_domain)");
        }
        String taint = TAINT + domain + "=" + value;
        return switch (transfer.enforcement()) {
            case null -> new Rule.Broken("kv_transfer_enforcement: absent (expected: required or preferred)");
            case REQUIRED -> new Rule.Required(taint);
            case PREFERRED ->
                transfer.preferredWeight() == null
                        ? new Rule.Broken("kv_transfer_preferred_weight: absent (expected: a number)")
                        : new Rule.Preferred(taint, transfer.preferredWeight());
        };
    }
}
