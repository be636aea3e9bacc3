package io.kvepp.discovery.kubernetes;

import io.kvepp.config.Options;
import io.kvepp.discovery.kubernetes.KubernetesDiscoveryConfig.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The pod this process runs in, as Kubernetes tells it: in files of a folder, or else as options.
///
/// - `folder`: of the files `pod_name` and `pod_uid`
/// - `name`, `uid`, `container`: used where there is no such file; empty when not told
///
/// Source: Dynamo `lib/runtime/src/discovery/kube/utils.rs`.
///
/// Immutable.
public record PodIdentity(Path folder, String name, String uid, String container) {
    private static final String PODINFO = "/etc/podinfo";
    private static final String MAIN_CONTAINER = "main";

    static PodIdentity from(Options options) {
        return new PodIdentity(
                Path.of(options.option("kube-pod-info", "folder with pod_name and pod_uid of the own pod")
                        .string(PODINFO)),
                options.option("kube-pod-name", "own pod, where no file tells it")
                        .env("POD_NAME")
                        .string(""),
                options.option("kube-pod-uid", "uid of the own pod, where no file tells it")
                        .env("POD_UID")
                        .string(""),
                options.option("kube-container-name", "own container, where containers are workers")
                        .env("CONTAINER_NAME")
                        .string(""));
    }

    /// What is known for certain.
    ///
    /// - `target`: under what name the process registers
    ///
    /// Immutable.
    record Told(String pod, String uid, String target) {}

    /// Reads what Kubernetes tells.
    ///
    /// @throws IOException when it does not tell everything; the message names what is missing
    Told read(Unit unit) throws IOException {
        String pod = required("kube-pod-name", told("pod_name", name));
        String podUid = required("kube-pod-uid", told("pod_uid", uid));
        return new Told(
                pod,
                podUid,
                switch (unit) {
                    case POD -> pod;
                    case CONTAINER -> {
                        String own = required("kube-container-name", container);
                        yield own.equals(MAIN_CONTAINER) ? pod : pod + "-" + own;
                    }
                });
    }

    private String told(String file, String otherwise) throws IOException {
        Path path = folder.resolve(file);
        return Files.exists(path) ? Files.readString(path).strip() : otherwise;
    }

    private String required(String option, String value) throws IOException {
        if (value.isEmpty()) {
            throw new IOException(
                    option + ": none (expected: given, or files in " + folder + ", as endpoints belong to a pod)");
        }
        return value;
    }
}
