package io.kvepp.admin;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.Options;
import java.net.InetAddress;

/// Where the operators' HTTP server listens, and for whom.
///
/// - `port`: 0 lets the system choose
/// - `dumpRemote`: other machines get the index too, which is large
/// - `picksRemote`: other machines see decisions too, which tell who asked when
///
/// Immutable.
public record AdminConfig(String host, int port, boolean dumpRemote, boolean picksRemote) {
    public AdminConfig {
        check(port >= 0 && port <= 65_535, "admin-port", port, "0 to 65535");
    }

    public static AdminConfig from(Options options, String host) {
        return new AdminConfig(
                host,
                options.option("admin-port", "HTTP port of /metrics, /healthz, /readyz, /workers, /picks and /dump")
                        .env("DYN_EPP_METRICS_PORT")
                        .integer(9090),
                options.option("dump-remote", "answer /dump to other machines too, not only to this one")
                        .flag(false),
                options.option("picks-remote", "answer /picks to other machines too, not only to this one")
                        .flag(false));
    }

    /// True when a client with this address gets the index.
    boolean mayDumpFor(InetAddress client) {
        return dumpRemote || client.isLoopbackAddress();
    }

    /// True when a client with this address sees decisions.
    boolean mayExplainTo(InetAddress client) {
        return picksRemote || client.isLoopbackAddress();
    }
}
