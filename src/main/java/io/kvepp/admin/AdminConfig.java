package io.kvepp.admin;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.net.InetAddress;

/// Where the operators' HTTP server listens, and for whom.
///
/// - `port`: 0 lets the system choose
/// - `dumpRemote`: other machines get the index too, which is large
/// - `picksRemote`: other machines see decisions too, which tell who asked when
/// - `changeRemote`: other machines may change thresholds too
///
/// Immutable.
public record AdminConfig(String host, int port, boolean dumpRemote, boolean picksRemote, boolean changeRemote) {
    public AdminConfig {
        check(port >= 0 && port <= 65_535, "admin-port", port, "0 to 65535");
    }

    public static AdminConfig from(Options options, String host) {
        return new AdminConfig(
                host,
                options.option(
                                "admin-port",
                                "HTTP port of /metrics, /healthz, /readyz, /workers, /picks, /dump and /busy_threshold")
                        .env("DYN_EPP_METRICS_PORT")
                        .integer(9090),
                options.option("dump-remote", "answer /dump to other machines too, not only to this one")
                        .flag(false),
                options.option("picks-remote", "answer /picks to other machines too, not only to this one")
                        .flag(false),
                options.option(
                                "busy-threshold-remote",
                                "let other machines change thresholds at /busy_threshold, not only this one")
                        .flag(false));
    }

    /// True when a client with this address may change thresholds.
    boolean mayChangeFor(InetAddress client) {
        return changeRemote || client.isLoopbackAddress();
    }

    /// Whether a client with this address may have the index.
    public boolean mayDumpFor(InetAddress client) {
        return dumpRemote || client.isLoopbackAddress();
    }

    /// True when a client with this address sees decisions.
    boolean mayExplainTo(InetAddress client) {
        return picksRemote || client.isLoopbackAddress();
    }
}
