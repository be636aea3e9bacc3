package io.kvepp.discovery.file;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;

/// Where the file store is and how it is watched.
///
/// - `folder`: the root; need not exist yet
/// - `timeToLive`: an entry nobody has touched for longer is dead
/// - `poll`: how often the folder is looked at
/// - `entryBytesMax`: larger entries are skipped
///
/// Immutable.
public record FileDiscoveryConfig(Path folder, Duration timeToLive, Duration poll, int entryBytesMax) {
    private static final int ENTRY_BYTES_MAX_DEFAULT = 1 << 20;
    private static final long ENTRY_BYTES_MAX_CEILING = 1L << 30;
    private static final String ENTRY_BYTES_MAX_EXPECTED = "1 to 1GiB";

    public FileDiscoveryConfig {
        check(timeToLive.isPositive(), "discovery-ttl", timeToLive, "> 0");
        check(poll.isPositive(), "discovery-poll", poll, "> 0");
        check(entryBytesMax > 0, "discovery-entry-bytes-max", entryBytesMax, ENTRY_BYTES_MAX_EXPECTED);
    }

    public static FileDiscoveryConfig from(Options options) {
        String defaultFolder =
                Path.of(System.getProperty("java.io.tmpdir"), "dynamo_store_kv").toString();
        return new FileDiscoveryConfig(
                Path.of(options.option("file-kv", "folder of Dynamo's file store")
                        .env("DYN_FILE_KV")
                        .string(defaultFolder)),
                options.option("discovery-ttl", "an entry of the file store nobody touched for longer is dead")
                        .duration(Duration.ofSeconds(10)),
                options.option("discovery-poll", "how often the file store is looked at")
                        .duration(Duration.ofMillis(200)),
                entryBytesMax(options));
    }

    private static int entryBytesMax(Options options) {
        long bytes = options.option("discovery-entry-bytes-max", "largest entry of the file store; larger are skipped")
                .bytes(ENTRY_BYTES_MAX_DEFAULT);
        check(bytes <= ENTRY_BYTES_MAX_CEILING, "discovery-entry-bytes-max", bytes, ENTRY_BYTES_MAX_EXPECTED);
        return (int) bytes;
    }
}
