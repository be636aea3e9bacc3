package io.kvepp.app;

import static io.kvepp.config.ConfigurationException.check;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.kvepp.config.ConfigurationException;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.pool.PoolConfig;
import io.kvepp.pool.PoolRef;
import io.kvepp.pool.Pools;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Which pool the gateway of each port asks for: the port is how several pools are told apart, since
/// no gateway says it in its requests.
///
/// - `main`: the pool of the port of all other requests; null when that asks for none
/// - `others`: by port, none of them the main one
///
/// Immutable.
record PoolPorts(@Nullable String main, Map<Integer, String> others) {
    static final PoolPorts NONE = new PoolPorts(null, Map.of());

    private static final Context.Key<String> POOL = Context.key("pool");

    PoolPorts {
        others = Map.copyOf(others);
    }

    /// @throws ConfigurationException when two pools are asked for on the main port
    static PoolPorts of(PoolConfig config, int mainPort) {
        @Nullable String main = config.selector().isEmpty() ? null : Pools.SELECTED;
        Map<Integer, String> others = new LinkedHashMap<>();
        for (PoolRef pool : config.pools()) {
            if (pool.isMain() || pool.port() == mainPort) {
                check(main == null, "pool", pool.key(), "another port than " + mainPort + ", which " + main + " has");
                main = pool.key();
            } else {
                others.put(pool.port(), pool.key());
            }
        }
        return new PoolPorts(main, others);
    }

    /// Whether anybody is served on the main port: whoever asks there would ask for no pool at all
    /// when every pool has another one.
    boolean isMainUsed() {
        return main != null || others.isEmpty();
    }

    /// Marks the calls of a port with its pool.
    static ServerInterceptor marking(String pool) {
        return new ServerInterceptor() {
            @Override
            public <I, O> ServerCall.Listener<I> interceptCall(
                    ServerCall<I, O> call, Metadata headers, ServerCallHandler<I, O> next) {
                return Contexts.interceptCall(Context.current().withValue(POOL, pool), call, headers, next);
            }
        };
    }

    /// A picker that asks `picker` for the pool with which the call is marked.
    static EndpointPicker ofMarked(EndpointPicker picker) {
        return new EndpointPicker() {
            @Override
            public PickHandle pick(PickRequest request, Consumer<PickResult> listener) {
                @Nullable String pool = POOL.get();
                return picker.pick(pool == null ? request : request.inPool(pool), listener);
            }
        };
    }
}
