package io.kvepp.it.stack;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.etcd.EtcdConfig;
import io.kvepp.discovery.etcd.EtcdDiscovery;
import io.kvepp.it.http.AdminClient;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.HttpAnswer;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.process.Await;
import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Ports;
import io.kvepp.it.process.Processes;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.tls.TlsFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// An etcd of one member that keeps its data and its ports when it is stopped and started again.
///
/// Confined to one thread.
public final class EtcdServer implements WorkerStore {
    private static final Duration READY_LIMIT = Duration.ofSeconds(20);
    private static final String CERTIFICATE = "--cert-file";

    private final Processes processes;
    private final Path program;
    private final Path data;
    private final int clientPort;
    private final int peerPort;
    private final int tlsPort;
    private final List<String> moreFlags;
    private int starts;
    private ManagedProcess process;

    private EtcdServer(Processes processes, Path program, Path data, List<String> moreFlags) {
        this.processes = processes;
        this.program = program;
        this.data = data;
        this.moreFlags = List.copyOf(moreFlags);
        clientPort = Ports.free();
        peerPort = Ports.free();
        tlsPort = Ports.free();
    }

    /// Starts one and waits until it answers.
    ///
    /// @param data an empty folder for what it keeps
    public static EtcdServer start(Processes processes, Path program, Path data, String... moreFlags) {
        EtcdServer server = new EtcdServer(processes, program, data, List.of(moreFlags));
        server.start();
        return server;
    }

    /// Starts one that serves those as well, at [#tlsEndpoint], who show a certificate of the
    /// authority.
    public static EtcdServer startWithTls(Processes processes, Path program, Path data) {
        return start(
                processes,
                program,
                data,
                CERTIFICATE,
                TlsFiles.path("server.pem"),
                "--key-file",
                TlsFiles.path("server.key"),
                "--trusted-ca-file",
                TlsFiles.path("ca.pem"),
                "--client-cert-auth");
    }

    /// Starts it again.
    public void start() {
        String client = endpoint();
        String peer = "http://127.0.0.1:" + peerPort;
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                "--data-dir",
                data.toString(),
                "--listen-client-urls",
                moreFlags.contains(CERTIFICATE) ? client + "," + tlsEndpoint() : client,
                "--advertise-client-urls",
                client,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                peer,
                "--initial-cluster",
                "default=" + peer));
        command.addAll(moreFlags);
        process = processes.start("etcd-" + clientPort + "-" + ++starts, command, Map.of());
        AdminClient health = new AdminClient(clientPort);
        Await.until("etcd answers", READY_LIMIT, () -> {
            process.requireAlive();
            return health.get("/health")
                    .filter(answer -> answer.text().contains("true"))
                    .isPresent();
        });
    }

    /// Ends it without a goodbye.
    public void kill() {
        process.kill();
    }

    public ManagedProcess process() {
        return process;
    }

    public String endpoint() {
        return "http://127.0.0.1:" + clientPort;
    }

    public String tlsEndpoint() {
        return "https://127.0.0.1:" + tlsPort;
    }

    @Override
    public Map<String, String> environment() {
        return Map.of("DYN_DISCOVERY_BACKEND", "etcd", "ETCD_ENDPOINTS", endpoint());
    }

    @Override
    public List<String> kvEppFlags() {
        return List.of("--discovery-backend", "etcd", "--etcd-endpoints", endpoint());
    }

    @Override
    public WorkerDiscovery discovery(EppMetrics metrics) {
        Options options = new Options(Map.of("etcd-endpoints", List.of(endpoint())), Map.of());
        return new EtcdDiscovery(EtcdConfig.from(options), DiscoveryConfig.from(options), metrics);
    }

    @Override
    public Map<Integer, String> workerIdsByPort() {
        List<JsonNode> instances = new ArrayList<>();
        JsonNode range = call("/v3/kv/range", keys("v1/instances/", "v1/instances0"));
        range.path("kvs").forEach(entry -> instances.add(Json.read(text(entry.required("value")))));
        return RegisteredInstances.workerIdsByPort(instances);
    }

    /// All entries whose keys begin so.
    public Map<String, String> entries(String prefix) {
        Map<String, String> entries = new TreeMap<>();
        call("/v3/kv/range", keys(prefix, end(prefix)))
                .path("kvs")
                .forEach(entry -> entries.put(text(entry.required("key")), text(entry.required("value"))));
        return entries;
    }

    /// Writes an entry without a lease.
    public void put(String key, String value) {
        call("/v3/kv/put", "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\"}");
    }

    public void delete(String key) {
        call("/v3/kv/deleterange", "{\"key\":\"" + base64(key) + "\"}");
    }

    public void deleteAll(String prefix) {
        call("/v3/kv/deleterange", keys(prefix, end(prefix)));
    }

    /// From now on only this user gets answers.
    public void requirePassword(String user, String password) {
        call("/v3/auth/user/add", "{\"name\":\"" + user + "\",\"password\":\"" + password + "\"}");
        call("/v3/auth/role/add", "{\"name\":\"root\"}");
        call("/v3/auth/user/grant", "{\"user\":\"" + user + "\",\"role\":\"root\"}");
        call("/v3/auth/enable", "{}");
    }

    public void requireNoPassword(String user, String password) {
        JsonNode token = call("/v3/auth/authenticate", "{\"name\":\"" + user + "\",\"password\":\"" + password + "\"}");
        post(
                "/v3/auth/disable",
                "{}",
                Headers.NONE.with("authorization", token.required("token").textValue()));
    }

    /// Forgets the history of all changes so far.
    public void compact() {
        JsonNode header = call("/v3/kv/range", keys("a", "b")).required("header");
        call("/v3/kv/compaction", "{\"revision\":" + header.required("revision").asText() + ",\"physical\":true}");
    }

    /// Calls its HTTP gateway.
    public JsonNode call(String path, String body) {
        return post(path, body, Headers.NONE);
    }

    private JsonNode post(String path, String body, Headers headers) {
        HttpAnswer answer = new InferenceClient(clientPort)
                .post(path, body.getBytes(StandardCharsets.UTF_8), headers.with("content-type", "application/json"));
        if (answer.status() != 200) {
            throw new AssertionError(path + ": HTTP " + answer.status() + " " + answer.text());
        }
        return answer.json();
    }

    /// The first key behind all that begin so.
    private static String end(String prefix) {
        return prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1);
    }

    private static String keys(String from, String end) {
        return "{\"key\":\"" + base64(from) + "\",\"range_end\":\"" + base64(end) + "\"}";
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(JsonNode base64) {
        return new String(Base64.getDecoder().decode(base64.textValue()), StandardCharsets.UTF_8);
    }
}
