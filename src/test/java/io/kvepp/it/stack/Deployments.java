package io.kvepp.it.stack;

import io.kvepp.it.process.RealParts;
import io.kvepp.it.process.RealServers;
import io.kvepp.it.stack.WorkerProcess.Role;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives tests the parts that all of them share. Each is started when the first test wants it and
/// ends after the last test of the run.
///
/// Thread-safe.
public final class Deployments implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(Deployments.class);

    /// Three aggregated workers.
    @Target(ElementType.PARAMETER)
    @Retention(RetentionPolicy.RUNTIME)
    public @interface Aggregated {}

    /// Two prefill and two decode workers.
    @Target(ElementType.PARAMETER)
    @Retention(RetentionPolicy.RUNTIME)
    public @interface Disaggregated {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == RealParts.class
                || type == RealServers.class
                || (type == Deployment.class
                        && (parameter.isAnnotated(Aggregated.class) || parameter.isAnnotated(Disaggregated.class)));
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Store store = context.getRoot().getStore(NAMESPACE);
        if (parameter.getParameter().getType() == RealParts.class) {
            return parts(store);
        }
        if (parameter.getParameter().getType() == RealServers.class) {
            return shared(store, "servers", RealServers::install, _ -> {});
        }
        return parameter.isAnnotated(Aggregated.class) ? aggregated(store) : disaggregated(store);
    }

    private static RealParts parts(Store store) {
        return shared(store, "parts", RealParts::install, _ -> {});
    }

    private static Deployment aggregated(Store store) {
        return shared(
                store,
                "aggregated",
                () -> Deployment.start("aggregated", parts(store), Role.AGGREGATED, Role.AGGREGATED, Role.AGGREGATED),
                Deployment::close);
    }

    private static Deployment disaggregated(Store store) {
        return shared(
                store,
                "disaggregated",
                () -> Deployment.start(
                        "disaggregated", parts(store), Role.PREFILL, Role.PREFILL, Role.DECODE, Role.DECODE),
                Deployment::close);
    }

    @SuppressWarnings("unchecked")
    private static <T> T shared(Store store, String key, Supplier<T> start, Consumer<T> end) {
        Shared<T> shared = store.getOrComputeIfAbsent(key, _ -> Shared.start(start, end), Shared.class);
        return shared.value().join();
    }

    /// What became of a start. A failed one is not repeated: the next test would fail as late.
    private record Shared<T>(CompletableFuture<T> value, Consumer<T> end) implements AutoCloseable {
        static <T> Shared<T> start(Supplier<T> start, Consumer<T> end) {
            try {
                return new Shared<>(CompletableFuture.completedFuture(start.get()), end);
            } catch (RuntimeException | Error e) {
                return new Shared<>(CompletableFuture.failedFuture(e), end);
            }
        }

        @Override
        public void close() {
            if (!value.isCompletedExceptionally()) {
                end.accept(value.join());
            }
        }
    }
}
