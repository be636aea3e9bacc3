package io.kvepp.it.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.file.FileDiscovery;
import io.kvepp.discovery.file.FileDiscoveryConfig;
import io.kvepp.metrics.EppMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// Dynamo's file store, as its workers write it.
///
/// Thread-safe.
public final class DiscoveryFolder implements WorkerStore {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;

    DiscoveryFolder(Path folder) {
        this.folder = folder;
    }

    public Path path() {
        return folder;
    }

    @Override
    public Map<String, String> environment() {
        return Map.of("DYN_DISCOVERY_BACKEND", "file", "DYN_FILE_KV", folder.toString());
    }

    @Override
    public List<String> kvEppFlags() {
        return List.of("--discovery-backend", "file", "--file-kv", folder.toString());
    }

    @Override
    public WorkerDiscovery discovery(EppMetrics metrics) {
        Options options = new Options(Map.of("file-kv", List.of(folder.toString())), Map.of());
        return new FileDiscovery(
                FileDiscoveryConfig.from(options), DiscoveryConfig.from(options), Clock.systemUTC(), metrics);
    }

    @Override
    public Map<Integer, String> workerIdsByPort() {
        List<JsonNode> instances = new ArrayList<>();
        for (Path file : files("v1/instances")) {
            try {
                instances.add(JSON.readTree(Files.readAllBytes(file)));
            } catch (IOException e) {
                // Just being written or removed.
            }
        }
        return RegisteredInstances.workerIdsByPort(instances);
    }

    /// Makes a worker's card say that its cache blocks have so many tokens, whatever they have.
    public void claimBlockSize(String workerId, int tokens) {
        for (Path file : files("v1/mdc")) {
            try {
                JsonNode model = JSON.readTree(Files.readAllBytes(file));
                if (model.path("instance_id").asText().equals(workerId)) {
                    ((ObjectNode) model.required("card_json")).put("kv_cache_block_size", tokens);
                    Files.write(file, JSON.writeValueAsBytes(model));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Sends the subscribers of KV events elsewhere.
    ///
    /// @param detour from a publisher's address to the one that is announced in its stead
    public void redirectKvEvents(UnaryOperator<String> detour) {
        for (Path file : files("v1/event_channels")) {
            try {
                JsonNode channel = JSON.readTree(Files.readAllBytes(file));
                if (channel.required("topic").asText().equals("kv-events")) {
                    ObjectNode config = (ObjectNode) channel.at("/transport/config");
                    config.put(
                            "endpoint", detour.apply(config.required("endpoint").textValue()));
                    Files.write(file, JSON.writeValueAsBytes(channel));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Takes the announcements of a worker's KV events away, as if it had never sent any.
    public void cutKvEvents(String workerId) {
        for (Path file : files("v1/event_sources")) {
            try {
                JsonNode source = JSON.readTree(Files.readAllBytes(file));
                if (source.at("/metadata/worker/worker_id").asText().equals(workerId)) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Takes away what a worker has announced of itself.
    ///
    /// @return puts it back
    public Runnable withdraw(String workerId) {
        String ending = "%2F" + Long.toHexString(Long.parseUnsignedLong(workerId));
        Map<Path, Path> withdrawn = new LinkedHashMap<>();
        for (Path file : Stream.of("v1/mdc", "v1/instances")
                .map(this::files)
                .flatMap(List::stream)
                .toList()) {
            if (file.getFileName().toString().endsWith(ending)) {
                withdrawn.put(file, folder.resolve("withdrawn-" + withdrawn.size() + ending));
            }
        }
        withdrawn.forEach(DiscoveryFolder::move);
        return () -> withdrawn.forEach((file, elsewhere) -> move(elsewhere, file));
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Removes the folder; for when all processes have ended.
    void delete() {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Path> files(String bucket) {
        Path path = folder.resolve(bucket);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
