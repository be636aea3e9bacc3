package io.kvepp.discovery.staticlist;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.nio.file.Path;
import java.time.Duration;

/// Which file lists the workers, and how often it is looked at.
///
/// - `file`: an empty path when there is none
///
/// Immutable.
public record StaticListConfig(Path file, Duration poll) {
    static final String OPTION = "static-workers";
    private static final Duration POLL = Duration.ofMillis(500);

    public StaticListConfig {
        check(poll.isPositive(), "poll", poll, "> 0");
    }

    public static StaticListConfig from(Options options) {
        return new StaticListConfig(
                Path.of(options.option(OPTION, "YAML file of engines without Dynamo; read again when it changes")
                        .string("")),
                POLL);
    }

    /// Whether a file is named.
    public boolean hasFile() {
        return !file.toString().isEmpty();
    }
}
