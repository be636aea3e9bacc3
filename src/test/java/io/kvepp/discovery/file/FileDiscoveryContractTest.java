package io.kvepp.discovery.file;

import io.kvepp.config.Options;
import io.kvepp.discovery.DiscoveryConfig;
import io.kvepp.discovery.WorkerDiscovery;
import io.kvepp.discovery.testing.DynamoWorker;
import io.kvepp.discovery.testing.WorkerDiscoveryContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class FileDiscoveryContractTest extends WorkerDiscoveryContract {
    @TempDir
    private Path root = Path.of("");

    @Override
    protected WorkerDiscovery open() {
        Options options =
                new Options(Map.of("file-kv", List.of(root.toString()), "discovery-poll", List.of("5ms")), Map.of());
        return new FileDiscovery(
                FileDiscoveryConfig.from(options), new DiscoveryConfig(""), Clock.systemUTC(), metrics);
    }

    @Override
    protected long put(int worker) throws IOException {
        DynamoWorker dynamo = new DynamoWorker(worker);
        for (Map.Entry<String, String> entry : dynamo.entries().entrySet()) {
            write(entry.getKey(), entry.getValue());
        }
        return dynamo.id();
    }

    @Override
    protected void remove(int worker) throws IOException {
        for (String key : new DynamoWorker(worker).entries().keySet()) {
            Files.delete(file(key));
        }
    }

    @Override
    protected void damage(int worker) throws IOException {
        write(new DynamoWorker(worker).cardKey(), "{");
    }

    private void write(String key, String json) throws IOException {
        Path file = file(key);
        Files.createDirectories(file.getParent());
        Path temporary = file.resolveSibling(".tmp_0123456789abcdef");
        Files.write(temporary, json.getBytes(StandardCharsets.UTF_8));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Path file(String key) {
        int bucketEnd = key.indexOf('/', "v1/".length());
        return root.resolve(key.substring(0, bucketEnd))
                .resolve(key.substring(bucketEnd + 1).replace("-", "%2D").replace("/", "%2F"));
    }
}
