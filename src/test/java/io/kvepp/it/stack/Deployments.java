package io.kvepp.it.stack;

import io.kvepp.it.stack.WorkerProcess.Role;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
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
                || (type == Deployment.class
                        && (parameter.isAnnotated(Aggregated.class) || parameter.isAnnotated(Disaggregated.class)));
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Store store = context.getRoot().getStore(NAMESPACE);
        if (parameter.getParameter().getType() == RealParts.class) {
            return parts(store);
        }
        return parameter.isAnnotated(Aggregated.class) ? aggregated(store) : disaggregated(store);
    }

    private static RealParts parts(Store store) {
        return store.getOrComputeIfAbsent(RealParts.class, _ -> RealParts.install(), RealParts.class);
    }

    private static Deployment aggregated(Store store) {
        return store.getOrComputeIfAbsent(
                Aggregated.class,
                _ -> Deployment.start("aggregated", parts(store), Role.AGGREGATED, Role.AGGREGATED, Role.AGGREGATED),
                Deployment.class);
    }

    private static Deployment disaggregated(Store store) {
        return store.getOrComputeIfAbsent(
                Disaggregated.class,
                _ -> Deployment.start(
                        "disaggregated", parts(store), Role.PREFILL, Role.PREFILL, Role.DECODE, Role.DECODE),
                Deployment.class);
    }
}
