package io.kvepp.it.stack;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/// The processes of one deployment on the loopback interface: workers, frontends, gateways.
///
/// Closing it ends them all. Confined to one thread while it is built, thread-safe afterwards.
public final class Stack implements AutoCloseable {
    static final String NAMESPACE = "dynamo";

    private static final Duration WORKER_LIMIT = Duration.ofSeconds(30);
    private static final Duration FRONTEND_LIMIT = Duration.ofSeconds(60);
    private static final Duration KNOWN_LIMIT = Duration.ofSeconds(60);

    /// A Dynamo frontend.
    public record Frontend(int port, ManagedProcess process) {}

    private final RealParts parts;
    private final StackSettings settings;
    private final Processes processes;
    private final DiscoveryFolder discovery;
    private final WorkerStore store;
    private final EventPlane events;
    private final List<WorkerProcess> workers = new ArrayList<>();
    private Map<String, String> tls = Map.of();
    private int frontends;
    private final Map<Role, Integer> counts = new EnumMap<>(Role.class);

    /// Workers that announce themselves in a folder and their KV events over ZMQ.
    public Stack(String name, RealParts parts, StackSettings settings) {
        this(name, parts, settings, null, EventPlane.ZMQ);
    }

    /// @param elsewhere where workers announce themselves, null for a folder of the stack's own
    public Stack(String name, RealParts parts, StackSettings settings, WorkerStore elsewhere, EventPlane events) {
        this.parts = parts;
        this.settings = settings;
        this.events = events;
        processes = new Processes(Project.logs().resolve(name));
        try {
            Files.createDirectories(processes.logs());
            discovery = new DiscoveryFolder(Files.createTempDirectory("kv-epp-it-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        store = elsewhere == null ? discovery : elsewhere;
    }

    /// Has everything that is started from now on encrypt the request plane, as these variables say.
    public void encrypt(Map<String, String> variables) {
        tls = Map.copyOf(variables);
    }

    /// What says how the request plane is encrypted; nothing when it is not.
    public Map<String, String> tls() {
        return tls;
    }

    public StackSettings settings() {
        return settings;
    }

    /// Where the workers announce themselves.
    public WorkerStore store() {
        return store;
    }

    /// The stack's own folder, which workers use unless they announce themselves elsewhere.
    public DiscoveryFolder discovery() {
        return discovery;
    }

    public Processes processes() {
        return processes;
    }

    /// Starts one process per role, all at once, and waits until each has registered.
    public List<WorkerProcess> startWorkers(Role... roles) {
        return startWorkers(List.of(roles), _ -> List.of());
    }

    /// The same, with further flags for each, by its place in `roles`.
    public List<WorkerProcess> startWorkers(List<Role> roles, IntFunction<List<String>> moreFlags) {
        List<Integer> ports = new ArrayList<>();
        List<ManagedProcess> mockers = new ArrayList<>();
        for (int i = 0; i < roles.size(); i++) {
            ports.add(Ports.free());
            Map<String, String> port = Map.of("DYN_TCP_RPC_PORT", Integer.toString(ports.getLast()));
            mockers.add(startMocker(roles.get(i), port, moreFlags.apply(i)));
        }
        Map<Integer, String> ids = Await.present("workers in discovery", WORKER_LIMIT, () -> {
            mockers.forEach(ManagedProcess::requireAlive);
            Map<Integer, String> found = store.workerIdsByPort();
            return found.keySet().containsAll(ports) ? Optional.of(found) : Optional.empty();
        });
        List<WorkerProcess> started = new ArrayList<>();
        for (int i = 0; i < roles.size(); i++) {
            ManagedProcess mocker = mockers.get(i);
            started.add(new WorkerProcess(mocker.name(), roles.get(i), ids.get(ports.get(i)), mocker));
        }
        workers.addAll(started);
        return started;
    }

    /// Forgets a worker that a test has ended.
    public void forget(WorkerProcess worker) {
        workers.remove(worker);
    }

    public List<WorkerProcess> workers() {
        return List.copyOf(workers);
    }

    /// Ids of the workers with this role.
    public Set<String> workerIds(Role role) {
        return workers.stream()
                .filter(worker -> worker.role() == role)
                .map(WorkerProcess::workerId)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// Starts a Dynamo frontend (`direct` or `kv`); does not wait.
    public Frontend launchFrontend(String routerMode) {
        return launchFrontend(routerMode, Ports.free());
    }

    /// The same, at a port that is free, or soon will be.
    public Frontend launchFrontend(String routerMode, int port) {
        List<String> command = new ArrayList<>(List.of(
                parts.python().toString(),
                "-m",
                "dynamo.frontend",
                "--router-mode",
                routerMode,
                "--http-host",
                "127.0.0.1",
                "--http-port",
                Integer.toString(port),
                "--namespace",
                NAMESPACE));
        if (routerMode.equals("kv")) {
            command.addAll(List.of("--kv-cache-block-size", Integer.toString(settings.blockSize())));
        }
        String name = "frontend-" + routerMode + "-" + ++frontends;
        return new Frontend(
                port, processes.start(name, command, DynamoEnvironment.of(store, events, store.admit(name))));
    }

    /// Waits until the frontend lists the model.
    public void awaitModelListed(Frontend frontend) {
        AdminClient models = new AdminClient(frontend.port());
        Await.until("the frontend lists " + settings.modelName(), FRONTEND_LIMIT, () -> {
            frontend.process().requireAlive();
            return models.get("/v1/models")
                    .filter(answer -> answer.text().contains("\"" + settings.modelName() + "\""))
                    .isPresent();
        });
    }

    /// Starts Dynamo's standalone indexer; does not wait.
    public ManagedProcess launchIndexer(int port, String... flags) {
        List<String> command = new ArrayList<>(
                List.of(parts.python().toString(), "-m", "dynamo.indexer", "--port", Integer.toString(port)));
        command.addAll(List.of(flags));
        return processes.start("indexer-" + port, command, DynamoEnvironment.of(store, events, Map.of()));
    }

    /// Starts a kv-epp and an Envoy that send requests to the port; does not wait.
    public Gateway launchGateway(String name, int frontendPort, String... flags) {
        List<String> all = new ArrayList<>(store.kvEppFlags());
        all.addAll(events.kvEppFlags());
        all.addAll(List.of(flags));
        return launchGateway(new GatewaySettings(name, discovery.path(), frontendPort, all));
    }

    /// Starts a kv-epp and an Envoy; does not wait.
    public Gateway launchGateway(GatewaySettings gatewaySettings) {
        try {
            return Gateway.start(processes, parts, gatewaySettings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Starts a gateway and waits as [#awaitWorkersKnown] does.
    public Gateway startGateway(String name, int frontendPort, String... flags) {
        Gateway gateway = launchGateway(name, frontendPort, flags);
        awaitWorkersKnown(gateway);
        return gateway;
    }

    /// Waits until a gateway is ready and its kv-epp shows exactly the running workers, and the
    /// model as ready.
    public void awaitWorkersKnown(Gateway gateway) {
        gateway.awaitReady();
        Set<String> ids = workers.stream().map(WorkerProcess::workerId).collect(Collectors.toCollection(TreeSet::new));
        Await.until("kv-epp knows exactly the workers " + ids, KNOWN_LIMIT, () -> {
            gateway.kvEpp().requireAlive();
            gateway.admin().requireModelNotFailed(settings.modelName());
            return gateway.admin().connectedWorkers().equals(ids)
                    && gateway.admin().modelIsReady(settings.modelName());
        });
    }

    @Override
    public void close() {
        processes.close();
        discovery.delete();
    }

    /// Starts an aggregated worker with further variables; does not wait.
    public ManagedProcess launchMocker(Map<String, String> environment) {
        return startMocker(Role.AGGREGATED, environment, List.of());
    }

    private ManagedProcess startMocker(Role role, Map<String, String> environment, List<String> moreFlags) {
        String name = role.letter + counts.merge(role, 1, Integer::sum);
        List<String> command = new ArrayList<>(List.of(
                parts.python().toString(),
                "-m",
                "dynamo.mocker",
                "--model-path",
                parts.model().toString(),
                "--model-name",
                settings.modelName(),
                "--endpoint",
                "dyn://" + NAMESPACE + "." + role.component + ".generate",
                "--block-size",
                Integer.toString(settings.blockSize()),
                "--num-gpu-blocks-override",
                Integer.toString(settings.gpuBlocks()),
                "--max-model-len",
                Integer.toString(settings.contextTokens()),
                "--speedup-ratio",
                Double.toString(settings.speedup()),
                "--disaggregation-mode",
                role.flag));
        command.addAll(moreFlags);
        Map<String, String> own = new HashMap<>(store.admit(name));
        own.putAll(environment);
        own.putAll(tls);
        return processes.start(name, command, DynamoEnvironment.of(store, events, own));
    }
}
