package io.kvepp.scheduling;

import io.kvepp.worker.WorkerWithDpRank;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Which workers the requests of a session go to.
///
/// The first request of a session binds it; every request holds a [Lease] until its end, and the
/// binding is forgotten when there was no lease for the time to live. A request that went elsewhere,
/// because a worker is gone or may not be used, binds the session anew. When there are too many
/// sessions, new ones are not bound.
///
/// Source: Dynamo 1.6.1 `lib/kv-router/src/services/selection/affinity`.
///
/// Thread-safe.
public final class SessionAffinity {
    /// Sessions that are remembered at a time.
    public static final int SESSIONS_MAX = 65_536;

    private static final long EXPIRY_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SessionConfig config;
    private final LongSupplier nanoClock;
    private final Map<Session, Binding> bindings = new HashMap<>();
    private long refused;
    private long expiredAtNanos;

    /// @param nanoClock monotonic
    public SessionAffinity(SessionConfig config, LongSupplier nanoClock) {
        this.config = config;
        this.nanoClock = nanoClock;
        expiredAtNanos = nanoClock.getAsLong();
    }

    /// A session of one model.
    ///
    /// Immutable.
    public record Session(String model, String id) {}

    /// Where the requests of a session go; `prefill` is null when `decode` computes the prompt itself.
    ///
    /// Immutable.
    public record Target(WorkerWithDpRank decode, @Nullable WorkerWithDpRank prefill) {}

    /// What one request of a session holds. The first of the two methods counts, the rest is a no-op.
    ///
    /// Thread-safe.
    public interface Lease {
        /// The lease of a request without a session.
        Lease NONE = new Lease() {
            @Override
            public void close() {}

            @Override
            public void withdraw() {}
        };

        /// The request is over.
        void close();

        /// The request was not sent: a binding made by it that nobody else used is forgotten.
        void withdraw();
    }

    public boolean isOn() {
        return config.isOn();
    }

    /// Where the session's requests go; null when it is not bound.
    public synchronized @Nullable Target target(Session session) {
        Binding binding = bindings.get(session);
        return binding == null || isExpired(binding, nanoClock.getAsLong()) ? null : binding.target;
    }

    /// A request of the session goes there.
    public synchronized Lease lease(Session session, Target target) {
        @Nullable Binding binding = bindings.get(session);
        if (binding == null) {
            if (bindings.size() >= SESSIONS_MAX) {
                expire();
            }
            if (bindings.size() >= SESSIONS_MAX) {
                refused++;
                return Lease.NONE;
            }
            binding = new Binding(target);
            bindings.put(session, binding);
        }
        binding.target = target;
        binding.leases++;
        binding.users++;
        return new Held(session, binding);
    }

    /// Forgets the sessions that were idle for too long; called now and then.
    public synchronized void expire() {
        long now = nanoClock.getAsLong();
        if (now - expiredAtNanos >= EXPIRY_PAUSE_NANOS) {
            expiredAtNanos = now;
            bindings.values().removeIf(binding -> isExpired(binding, now));
        }
    }

    /// Sessions that are bound now.
    public synchronized int bound() {
        return bindings.size();
    }

    /// Requests whose session was not bound because there were too many.
    public synchronized long refused() {
        return refused;
    }

    private boolean isExpired(Binding binding, long now) {
        return binding.leases == 0 && now - binding.idleSinceNanos >= TimeUnit.SECONDS.toNanos(config.ttlSeconds());
    }

    private synchronized void end(Held held, boolean sent) {
        if (!held.open) {
            return;
        }
        held.open = false;
        Binding binding = held.binding;
        binding.leases--;
        binding.users -= sent ? 0 : 1;
        binding.idleSinceNanos = nanoClock.getAsLong();
        if (binding.users == 0) {
            bindings.remove(held.session, binding);
        }
    }

    /// Guarded by the affinity. `users`: requests that were sent or still may be.
    private static final class Binding {
        private Target target;
        private int leases;
        private long users;
        private long idleSinceNanos;

        Binding(Target target) {
            this.target = target;
        }
    }

    private final class Held implements Lease {
        private final Session session;
        private final Binding binding;
        private boolean open = true;

        Held(Session session, Binding binding) {
            this.session = session;
            this.binding = binding;
        }

        @Override
        public void close() {
            end(this, true);
        }

        @Override
        public void withdraw() {
            end(this, false);
        }
    }
}
