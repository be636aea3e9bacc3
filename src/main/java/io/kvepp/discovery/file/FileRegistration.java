package io.kvepp.discovery.file;

import io.kvepp.discovery.AnnouncedRecords;
import io.kvepp.discovery.EndpointRegistration;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Announces endpoints in Dynamo's file store: an entry is a file that is touched several times
/// within its time to live.
///
/// An entry that somebody has deleted, because this process had stood still, is written again.
///
/// Source: Dynamo `lib/runtime/src/storage/kv/file`.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
public final class FileRegistration implements EndpointRegistration {
    private static final Logger LOG = LoggerFactory.getLogger(FileRegistration.class);
    private static final int TOUCHES = 4;
    private static final String INSTANCES = "instances";
    private static final String MODELS = "mdc";

    private final Path root;
    private final Duration timeToLive;
    private final long instanceId;
    private final InstantSource clock;
    private final Map<Path, byte[]> entries = new TreeMap<>();
    private final CountDownLatch stop = new CountDownLatch(1);

    /// `instanceId` is any number that nobody else has taken.
    public FileRegistration(FileDiscoveryConfig config, long instanceId, InstantSource clock) {
        root = config.folder().resolve("v1");
        timeToLive = config.timeToLive();
        this.instanceId = instanceId;
        this.clock = clock;
    }

    @Override
    public void start() {
        Thread.ofPlatform().daemon().name("registration-file").start(this::keepAlive);
    }

    @Override
    public long instanceId() {
        return instanceId;
    }

    @Override
    public void announce(EndpointId endpoint, String transport) throws IOException {
        put(file(INSTANCES, endpoint, ""), AnnouncedRecords.endpoint(endpoint, instanceId, transport));
    }

    @Override
    public boolean announceModels(EndpointId endpoint, EndpointId workerEndpoint, long workerId) throws IOException {
        String prefix = encoded(AnnouncedRecords.key(workerEndpoint, workerId));
        List<Path> known = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(root.resolve(MODELS), prefix + "*")) {
            files.forEach(known::add);
        } catch (NoSuchFileException _) {
            return false;
        }
        for (Path file : known) {
            String suffix = String.valueOf(file.getFileName()).substring(prefix.length());
            put(file(MODELS, endpoint, suffix), AnnouncedRecords.model(Files.readAllBytes(file), endpoint, instanceId));
        }
        return !known.isEmpty();
    }

    @Override
    public synchronized void withdrawModels(EndpointId endpoint) {
        String own = file(MODELS, endpoint, "").toString();
        entries.keySet().removeIf(file -> {
            boolean withdrawn = file.toString().startsWith(own);
            if (withdrawn) {
                delete(file);
            }
            return withdrawn;
        });
    }

    @Override
    public synchronized void close() {
        stop.countDown();
        entries.keySet().forEach(FileRegistration::delete);
        entries.clear();
    }

    private synchronized void put(Path file, byte[] entry) throws IOException {
        if (stop.getCount() > 0) {
            write(file, entry);
            entries.put(file, entry);
        }
    }

    /// Readers see a whole file or none.
    private void write(Path file, byte[] entry) throws IOException {
        Path folder = root.resolve(String.valueOf(file.getName(file.getNameCount() - 2)));
        Files.createDirectories(folder);
        Path temporary = folder.resolve(".tmp_" + Long.toHexString(instanceId) + "_" + entries.size());
        Files.write(temporary, entry);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private void keepAlive() {
        try {
            while (!stop.await(timeToLive.toNanos() / TOUCHES, TimeUnit.NANOSECONDS)) {
                touchAll();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void touchAll() {
        entries.forEach((file, entry) -> {
            try {
                touch(file, entry);
            } catch (IOException e) {
                LOG.warn("an endpoint of this process cannot be kept alive: source={} detail={}", file, e.toString());
            }
        });
    }

    private void touch(Path file, byte[] entry) throws IOException {
        try {
            Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
        } catch (NoSuchFileException _) {
            write(file, entry);
        }
    }

    private Path file(String bucket, EndpointId endpoint, String suffix) {
        return root.resolve(bucket).resolve(encoded(AnnouncedRecords.key(endpoint, instanceId)) + suffix);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("an endpoint of this process cannot be withdrawn: source={} detail={}", file, e.toString());
        }
    }

    /// Every byte but letters and digits as `%XX`.
    private static String encoded(String key) {
        StringBuilder text = new StringBuilder();
        for (byte each : key.getBytes(StandardCharsets.UTF_8)) {
            boolean plain =
                    (each >= '0' && each <= '9') || (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z');
            if (plain) {
                text.append((char) each);
            } else {
                text.append(String.format(Locale.ROOT, "%%%02X", each));
            }
        }
        return text.toString();
    }
}
