package io.kvepp.routerservice.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.kvepp.routerservice.Answer;
import io.kvepp.routerservice.PoolKey;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The routes of the selection API, by method and path.
///
/// | call | what it does |
/// |---|---|
/// | `POST /select` | chooses; under a `selection_id` the choice can be booked within two minutes |
/// | `POST /select_and_reserve` | chooses and books; waits where requests of the model do |
/// | `POST /reservations` | books an earlier choice, or on the `worker_id` given |
/// | `POST /reservations/ID/prefill_complete` | the prompt is computed |
/// | `POST /reservations/ID/output_block` | one more block was generated |
/// | `DELETE /reservations/ID` | the request is over |
/// | `POST /overlap_scores` | what every rank holds of a prompt |
/// | `POST /potential_loads` | the load every rank would have with a prompt |
/// | `GET /loads`, `GET /workers` | every rank's load; every worker; `?model_name=M&routing_group=G` |
/// | `POST /workers`, `PATCH /workers/ID`, `DELETE /workers/ID` | registers a worker, changes it, removes it |
/// | `GET /ready`, `GET /health` | 503 while there is no worker; 200 |
/// | `GET /dump` | what all workers hold, as Dynamo's indexer tells it; 503 while another is written |
/// | `GET /replica_sync/peers` | no peers: replicas do not tell each other of their load |
/// | `POST /replica_sync/register_peer`, `.../deregister_peer` | refused for that reason |
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/server`.
///
/// Thread-safe.
final class SelectionRoutes {
    private static final String GET = "GET";
    private static final String POST = "POST";
    private static final int ID_PART = 2;

    private final SelectionService service;
    private final Supplier<String> ids;
    private final List<Route> routes = new ArrayList<>();

    SelectionRoutes(SelectionService service, WorkerRoutes workers, IndexPage index, Supplier<String> ids) {
        this.service = service;
        this.ids = ids;
        withBody(POST, "/select", this::select);
        withBody(POST, "/select_and_reserve", this::selectAndReserve);
        withBody(POST, "/reservations", this::reserve);
        withBody(POST, "/reservations/[^/]+/output_block", this::outputBlock);
        add(POST, "/reservations/[^/]+/prefill_complete", call -> {
            String id = call.pathPart(ID_PART);
            return known(id, service.prefillCompleted(id));
        });
        add("DELETE", "/reservations/[^/]+", call -> {
            String id = call.pathPart(ID_PART);
            return known(id, service.free(id));
        });
        withBody(POST, "/overlap_scores", call -> {
            Fields fields = call.body().fields();
            return HttpResponse.of(
                    service.overlaps(RequestBodies.pool(fields), RequestBodies.prompt(call.body(), fields)),
                    HttpResponse.OK,
                    ResponseBodies::overlaps);
        });
        withBody(
                POST,
                "/potential_loads",
                call -> HttpResponse.of(
                        service.potentialLoads(RequestBodies.selection(call.body(), null)),
                        HttpResponse.OK,
                        ResponseBodies::ranks));
        add(GET, "/loads", call -> {
            Predicate<PoolKey.OfModel> wanted = wanted(call);
            return HttpResponse.ok(ResponseBodies.loads(service.loads().stream()
                    .filter(pool -> wanted.test(new PoolKey.OfModel(pool.model(), pool.routingGroup())))
                    .toList()));
        });
        add(GET, "/workers", call -> HttpResponse.ok(workers.list(wanted(call))));
        withBody(POST, "/workers", workers::register);
        withBody("PATCH", "/workers/[^/]+", workers::change);
        add("DELETE", "/workers/[^/]+", workers::remove);
        add(GET, "/ready", _ -> workers.ready(service.servesAny()));
        add(GET, "/health", _ -> HttpResponse.ok(ResponseBodies.ok()));
        add(GET, "/dump", index::answer);
        add(GET, "/replica_sync/peers", _ -> HttpResponse.ok(JsonNodeFactory.instance.arrayNode()));
        withBody(POST, "/replica_sync/(de)?register_peer", SelectionRoutes::peer);
    }

    @FunctionalInterface
    private interface Handler {
        Reply answer(Call call) throws HttpFault, InterruptedException;
    }

    /// What is done about a request.
    ///
    /// Thread-safe.
    record Route(String method, Pattern path, boolean takesBody, Handler handler) {
        Reply answer(Call call) throws HttpFault, InterruptedException {
            return handler.answer(call);
        }
    }

    /// The route of a request.
    Route find(String method, String rawPath) throws HttpFault {
        String wanted = method.equals("HEAD") ? GET : method;
        List<Route> byPath = routes.stream()
                .filter(route -> route.path().matcher(rawPath).matches())
                .toList();
        if (byPath.isEmpty()) {
            throw new HttpFault(404, "path: unknown (expected: a route of the selection API)");
        }
        for (Route route : byPath) {
            if (route.method().equals(wanted)) {
                return route;
            }
        }
        throw new HttpFault(
                405, "method: not of this path (expected: " + byPath.getFirst().method() + ")");
    }

    private void withBody(String method, String path, Handler handler) {
        routes.add(new Route(method, Pattern.compile(path), true, handler));
    }

    private void add(String method, String path, Handler handler) {
        routes.add(new Route(method, Pattern.compile(path), false, handler));
    }

    private HttpResponse select(Call call) throws HttpFault {
        SelectionRequest request = RequestBodies.selection(call.body(), call.policyClass());
        Fields fields = call.body().fields();
        @Nullable String id = fields.textOrNull("selection_id");
        boolean advisory = Boolean.TRUE.equals(fields.flagOrNull("advisory"));
        Answer<Selected> answer = id == null ? service.select(request) : service.select(id, request);
        return HttpResponse.of(
                answer,
                HttpResponse.OK,
                selected -> advisory ? ResponseBodies.advised(id, selected) : ResponseBodies.selected(id, selected));
    }

    private HttpResponse selectAndReserve(Call call) throws HttpFault, InterruptedException {
        SelectionRequest request = RequestBodies.selection(call.body(), call.policyClass());
        @Nullable String given = call.body().fields().textOrNull("selection_id");
        String id = given == null ? ids.get() : given;
        BlockingQueue<Answer<Selected>> answers = new ArrayBlockingQueue<>(1);
        Runnable cancel = service.selectAndBook(id, request, answers::add);
        try {
            return HttpResponse.of(answers.take(), HttpResponse.OK, selected -> ResponseBodies.reserved(id, selected));
        } catch (InterruptedException e) {
            cancel.run();
            throw e;
        }
    }

    private HttpResponse reserve(Call call) throws HttpFault {
        Fields fields = call.body().fields();
        @Nullable String id = fields.textOrNull("selection_id");
        if (id == null) {
            throw HttpFault.field("selection_id", "none", "a string");
        }
        @Nullable Long workerId = fields.unsignedOrNull("worker_id");
        return HttpResponse.of(
                workerId == null
                        ? service.replay(id, RequestBodies.pool(fields))
                        : service.book(id, RequestBodies.explicit(call.body(), fields, workerId)),
                HttpResponse.CREATED,
                chosen -> ResponseBodies.chosen(id, chosen));
    }

    private HttpResponse outputBlock(Call call) throws HttpFault {
        @Nullable Double weight = call.body().fields().numberOrNull("decay_fraction");
        if (weight != null && !(weight >= 0 && weight <= 1)) {
            throw new HttpFault(400, "decay_fraction: " + weight + " (expected: 0 to 1)");
        }
        String id = call.pathPart(ID_PART);
        return known(id, service.outputBlock(id, weight));
    }

    private static HttpResponse peer(Call call) throws HttpFault {
        @Nullable String endpoint = call.body().fields().textOrNull("endpoint");
        if (endpoint == null) {
            throw HttpFault.field("endpoint", "none", "a string");
        }
        throw new HttpFault(
                409, "peer: " + endpoint + " (expected: none: replicas do not tell each other of their load)");
    }

    private static HttpResponse known(String id, boolean known) {
        return known
                ? HttpResponse.ok(ResponseBodies.ok())
                : HttpResponse.fault(404, "reservation: " + id + " (expected: one that is open)");
    }

    private static Predicate<PoolKey.OfModel> wanted(Call call) throws HttpFault {
        @Nullable String model = call.query("model_name");
        @Nullable String group = call.query("routing_group");
        return pool -> (model == null || pool.model().equals(model))
                && (group == null || pool.routingGroup().equals(group));
    }
}
