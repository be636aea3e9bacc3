package io.kvepp.discovery.registered;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a worker has to say before it can be selected.
///
/// - `kvEvents`: caches are learnt from the workers' KV events, so each rank needs an address
/// - `queueing`: requests may wait for a rank, so each worker needs its limit of a step
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/{types,ingress}`.
///
/// Immutable.
public record RegistrationRules(boolean kvEvents, boolean queueing) {
    private static final Pattern SOCKET = Pattern.compile("tcp://(?:\\[([^]/]+)]|([^:/\\[\\]]+)):([0-9]{1,5})");
    private static final String NONE = "none";

    /// @param others the rest of the registered workers
    List<String> missing(WorkerRegistration worker, Collection<RegisteredWorker> others) {
        List<String> missing = new ArrayList<>();
        require(missing, worker.endpoint() != null && !worker.endpoint().isEmpty(), "endpoint", NONE, "where it is");
        require(
                missing,
                worker.blockSizeTokens() != null && worker.blockSizeTokens() > 0,
                "block_size",
                worker.blockSizeTokens() == null ? NONE : worker.blockSizeTokens(),
                "tokens of a block, > 0");
        require(missing, worker.ranks() > 0, "data_parallel_size", worker.ranks(), "> 0");
        require(
                missing,
                !queueing || worker.maxNumBatchedTokens() != null,
                "max_num_batched_tokens",
                NONE,
                "given, as requests may wait");
        if (kvEvents) {
            addSockets(missing, worker);
        }
        if (missing.isEmpty()) {
            addPool(missing, worker, others);
        }
        return missing;
    }

    private static void addSockets(List<String> missing, WorkerRegistration worker) {
        for (int rank = worker.firstRank(); rank < worker.firstRank() + worker.ranks(); rank++) {
            @Nullable String address = worker.eventsOf(rank);
            require(
                    missing,
                    address != null && isSocket(address),
                    "kv_events_endpoints[" + rank + "]",
                    address == null ? NONE : address,
                    "tcp://ip:port");
        }
        @Nullable String replay = worker.replayEndpoint();
        if (replay != null) {
            require(missing, worker.ranks() == 1, "replay_endpoint", replay, "none, as it has several ranks");
            require(missing, isSocket(replay), "replay_endpoint", replay, "tcp://ip:port");
        }
    }

    private static void addPool(List<String> missing, WorkerRegistration worker, Collection<RegisteredWorker> others) {
        @Nullable
        WorkerRegistration other = others.stream()
                .filter(RegisteredWorker::isSchedulable)
                .map(RegisteredWorker::registration)
                .filter(each -> each.isOfPoolOf(worker) && !each.cutsLike(worker))
                .findFirst()
                .orElse(null);
        if (other != null) {
            boolean size = Objects.equals(other.blockSizeTokens(), worker.blockSizeTokens());
            String name = size ? "is_eagle" : "block_size";
            Object value = size ? worker.isEagle() : Objects.requireNonNull(worker.blockSizeTokens());
            Object expected = size ? other.isEagle() : Objects.requireNonNull(other.blockSizeTokens());
            require(missing, false, name, value, expected + ", as the others of its routing group");
        }
    }

    private static void require(List<String> missing, boolean holds, String name, Object value, String expected) {
        if (!holds) {
            missing.add(name + ": " + value + " (expected: " + expected + ")");
        }
    }

    private static boolean isSocket(String text) {
        Matcher matcher = SOCKET.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        int port = Integer.parseInt(matcher.group(3));
        try {
            InetAddress.ofLiteral(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
            return port > 0 && port <= 65_535;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
