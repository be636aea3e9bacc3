package io.kvepp.routerservice.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.discovery.registered.RegisteredWorker;
import io.kvepp.discovery.registered.RegisteredWorkers;
import io.kvepp.discovery.registered.WorkerRegistration;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.WorkerRole;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Answers to questions about workers, and their registrations.
///
/// Thread-safe.
final class WorkerRoutes {
    private static final int ID_PART = 2;

    private final Supplier<WorkerSet> inForce;
    private final @Nullable RegisteredWorkers registered;

    /// `inForce`: those that selections are made of; `registered`: null where none can be registered
    WorkerRoutes(Supplier<WorkerSet> inForce, @Nullable RegisteredWorkers registered) {
        this.inForce = inForce;
        this.registered = registered;
    }

    HttpResponse register(Call call) throws HttpFault {
        @Nullable
        RegisteredWorker worker =
                workers().register(RegistrationBodies.registration(call.body().fields()));
        if (worker == null) {
            throw new HttpFault(503, "workers: " + RegisteredWorkers.WORKERS_MAX + " are registered (expected: fewer)");
        }
        return new HttpResponse(HttpResponse.CREATED, WorkerBodies.registered(worker), Map.of());
    }

    HttpResponse change(Call call) throws HttpFault {
        long id = id(call);
        Fields body = call.body().fields();
        // Also for an unknown worker a body that cannot be read is the caller's first mistake.
        RegistrationBodies.changed(WorkerRegistration.of(id, "", ""), body);
        @Nullable RegisteredWorker changed = workers().change(id, known -> RegistrationBodies.changed(known, body));
        if (changed == null) {
            throw unknown(id);
        }
        return HttpResponse.ok(WorkerBodies.registered(changed));
    }

    HttpResponse remove(Call call) throws HttpFault {
        long id = id(call);
        @Nullable RegisteredWorker removed = workers().remove(id);
        if (removed == null) {
            throw unknown(id);
        }
        return HttpResponse.ok(WorkerBodies.removed(removed));
    }

    /// The workers of the pools that are wanted, each once for every model it serves.
    ArrayNode list(Predicate<PoolKey.OfModel> wanted) {
        ArrayNode body = JsonNodeFactory.instance.arrayNode();
        Map<Long, RegisteredWorker> own = new HashMap<>();
        for (RegisteredWorker each : registered == null ? List.<RegisteredWorker>of() : registered.registered()) {
            WorkerRegistration registration = each.registration();
            own.put(registration.workerId(), each);
            if (wanted.test(new PoolKey.OfModel(registration.model(), registration.routingGroup()))) {
                body.add(WorkerBodies.registered(each));
            }
        }
        for (Worker worker : inForce.get().workers()) {
            if (!own.containsKey(worker.id())) {
                addFound(body, worker, wanted);
            }
        }
        return body;
    }

    HttpResponse ready(boolean servesAny) {
        ArrayNode workers = list(_ -> true);
        int schedulable = 0;
        for (JsonNode worker : workers) {
            schedulable += worker.path("lifecycle").asText().equals(WorkerBodies.SCHEDULABLE) ? 1 : 0;
        }
        ObjectNode body =
                JsonNodeFactory.instance.objectNode().put("ready", servesAny).put("schedulable_workers", schedulable);
        body.set("workers", workers);
        return new HttpResponse(servesAny ? HttpResponse.OK : 503, body, Map.of());
    }

    private static void addFound(ArrayNode body, Worker worker, Predicate<PoolKey.OfModel> wanted) {
        for (ModelCard card : worker.cards()) {
            PoolKey.OfModel pool = new PoolKey.OfModel(card.name(), PoolKey.groupOf(card));
            if (card.role() != WorkerRole.ENCODE && wanted.test(pool)) {
                body.add(WorkerBodies.found(worker, card, pool));
            }
        }
    }

    private RegisteredWorkers workers() throws HttpFault {
        if (registered == null) {
            throw new HttpFault(405, "method: workers are those of discovery (expected: GET, or kv-epp router)");
        }
        return registered;
    }

    private static long id(Call call) throws HttpFault {
        String text = call.pathPart(ID_PART);
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException _) {
            throw new HttpFault(400, "worker_id: " + text + " (expected: an unsigned 64-bit number)");
        }
    }

    private static HttpFault unknown(long id) {
        return new HttpFault(404, "worker: " + Long.toUnsignedString(id) + " (expected: one that was registered)");
    }
}
