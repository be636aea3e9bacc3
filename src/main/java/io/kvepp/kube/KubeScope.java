package io.kvepp.kube;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Which objects of a kind are watched: those of one namespace with all these labels, and, unless
/// `name` is empty, of that name alone.
///
/// Immutable.
public record KubeScope(String namespace, Map<String, String> labels, String name) {
    public KubeScope {
        labels = Map.copyOf(labels);
    }

    public static KubeScope all(String namespace) {
        return new KubeScope(namespace, Map.of(), "");
    }

    public static KubeScope labelled(String namespace, Map<String, String> labels) {
        return new KubeScope(namespace, labels, "");
    }

    public static KubeScope named(String namespace, String name) {
        return new KubeScope(namespace, Map.of(), name);
    }

    /// The labels in the syntax of a selector, such as `a=1,b=2`.
    String selector() {
        return new TreeMap<>(labels)
                .entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .collect(Collectors.joining(","));
    }
}
