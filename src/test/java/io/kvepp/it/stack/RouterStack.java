package io.kvepp.it.stack;

import io.kvepp.it.http.AdminClient;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealParts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A standalone router before the workers of a stack, and what calls it.
///
/// The router's own endpoints are in a namespace in which there is nothing else, so that a frontend of
/// that namespace has no other worker.
///
/// Thread-safe.
public final class RouterStack {
    private static final Pattern RECEIVED =
            Pattern.compile("request received request_id=(\\S+) .* endpoint=\"generate\"");
    private static final Pattern COMPLETED =
            Pattern.compile("request completed request_id=(\\S+) .* endpoint=\"generate\"");
    private static final Pattern TAKEN =
            Pattern.compile("request received request_id=(\\S+) .* x_request_id=\"([^\"]+)\"");
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Stack stack;
    private final RealParts parts;
    private final String namespace;
    private final ManagedProcess router;
    private final AdminClient admin;

    private RouterStack(Stack stack, RealParts parts, String namespace, ManagedProcess router, int adminPort) {
        this.stack = stack;
        this.parts = parts;
        this.namespace = namespace;
        this.router = router;
        admin = new AdminClient(adminPort);
    }

    /// Starts a router for the workers of `component`, in a namespace of its own, and waits until it is
    /// ready.
    public static RouterStack start(Stack stack, RealParts parts, String namespace, String component, String... flags) {
        int adminPort = Ports.free();
        List<String> command = new ArrayList<>(List.of(
                Project.kvEpp().toString(),
                "router",
                "--endpoint",
                Stack.NAMESPACE + "." + component + ".generate",
                "--router-namespace",
                namespace,
                "--host",
                "127.0.0.1",
                "--serve-host",
                "127.0.0.1",
                "--health-port",
                Integer.toString(Ports.free()),
                "--admin-port",
                Integer.toString(adminPort),
                "--drain-propagation",
                "0s"));
        command.addAll(stack.store().kvEppFlags());
        command.addAll(EventPlane.ZMQ.kvEppFlags());
        command.addAll(List.of(flags));
        Map<String, String> environment = Gateway.kvEppEnvironment();
        environment.putAll(stack.tls());
        ManagedProcess process = stack.processes().start("router-" + namespace, command, environment);
        RouterStack started = new RouterStack(stack, parts, namespace, process, adminPort);
        Await.until("the router knows its workers", LIMIT, () -> {
            process.requireAlive();
            return started.admin.isOk("/readyz")
                    && started.metric("kv_epp_workers") >= stack.workers().size();
        });
        return started;
    }

    public ManagedProcess router() {
        return router;
    }

    /// The value of a meter without tags.
    public double metric(String name) {
        return admin.metric(name);
    }

    /// How many requests to an endpoint ended in this way.
    public double ended(String service, String endpoint, String outcome) {
        return admin.metric(
                "kv_epp_endpoint_requests_total",
                "endpoint=\"" + endpoint + "\",outcome=\"" + outcome + "\",service=\"" + service + "\"");
    }

    /// Starts a round-robin frontend that sees nothing but the router, and waits for the model.
    public Stack.Frontend startFrontend() {
        Stack.Frontend frontend = launchFrontend();
        stack.awaitModelListed(frontend);
        return frontend;
    }

    /// Does not wait.
    public Stack.Frontend launchFrontend() {
        int port = Ports.free();
        List<String> command = List.of(
                parts.python().toString(),
                "-m",
                "dynamo.frontend",
                "--router-mode",
                "round-robin",
                "--http-host",
                "127.0.0.1",
                "--http-port",
                Integer.toString(port),
                "--namespace",
                namespace);
        Map<String, String> environment = environment(stack, Map.of("DYN_NAMESPACE", namespace));
        return new Stack.Frontend(port, stack.processes().start("frontend-" + namespace, command, environment));
    }

    /// Ids of the requests that a worker has begun.
    public static Set<String> received(WorkerProcess worker) {
        return ids(worker.process(), RECEIVED);
    }

    /// Ids of the requests that a worker has answered to the end.
    public static Set<String> completed(WorkerProcess worker) {
        return ids(worker.process(), COMPLETED);
    }

    /// Under which ids a frontend sends on the requests it has taken, by the ids of its clients.
    public static Map<String, String> sentOn(Stack.Frontend frontend) {
        return TAKEN.matcher(frontend.process().output())
                .results()
                .collect(Collectors.toMap(found -> found.group(2), found -> found.group(1)));
    }

    /// Runs a Python program of the test resources with Dynamo at hand; its last line of output.
    public String run(String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                parts.python().toString(),
                Project.root()
                        .resolve("src/test/resources/io/kvepp/it")
                        .resolve(script)
                        .toString()));
        command.addAll(List.of(arguments));
        ManagedProcess process = stack.processes()
                .start(
                        script.replace(".py", "") + String.join("-", arguments),
                        command,
                        environment(stack, Map.of("DYN_LOG", "error")));
        int status = process.awaitExit(LIMIT);
        if (status != 0) {
            throw new AssertionError(script + " ended with status " + status + "; " + process.logTail());
        }
        return process.output()
                .lines()
                .filter(line -> line.startsWith("{"))
                .toList()
                .getLast();
    }

    /// Entries of the store that announce something of the router.
    public List<String> announced() {
        try (Stream<Path> files = Files.list(stack.discovery().path().resolve("v1/instances"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(namespace + "%2F"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> ids(ManagedProcess process, Pattern line) {
        return line.matcher(process.output())
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, String> environment(Stack stack, Map<String, String> more) {
        Map<String, String> own = new TreeMap<>(stack.tls());
        own.putAll(more);
        return DynamoEnvironment.of(stack.store(), EventPlane.ZMQ, own);
    }
}
