package io.kvepp.it.stack;

import java.nio.file.Path;
import java.util.List;

/// How one pair of kv-epp and Envoy is started.
///
/// - `name`: names its log files
/// - `discovery`: the folder kv-epp reads
/// - `frontendPort`: where requests go
/// - `flags`: further flags of kv-epp
///
/// Immutable.
public record GatewaySettings(String name, Path discovery, int frontendPort, List<String> flags) {
    public GatewaySettings {
        flags = List.copyOf(flags);
    }
}
