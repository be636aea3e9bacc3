package io.kvepp.pool.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.kvepp.it.cluster.Cluster;
import io.kvepp.it.cluster.Clusters;
import io.kvepp.it.process.Await;
import io.kvepp.kube.KubeClient;
import io.kvepp.kube.KubeConfig;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import io.kvepp.pool.PoolRef;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Objectives and rewrites of a real API server, read with the rights of the manifest.
@ExtendWith(Clusters.class)
class WatchedRulesClusterIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final List<String> DEFINITIONS =
            List.of("inferenceobjectives.llm-d.ai", "inferencemodelrewrites.llm-d.ai");

    private final Cluster cluster;
    private final String namespace;
    private final EppMetrics metrics = new EppMetrics();
    private final KubeClient client;
    private final WatchedRules rules;

    WatchedRulesClusterIT(Cluster cluster) {
        this.cluster = cluster;
        namespace = cluster.createNamespace("rules");
        cluster.applyManifest("k8s/rbac.yaml", namespace);
        client = new KubeClient(
                new KubeConfig(
                        cluster.kubeconfig(namespace, "kv-epp"), "", "", 443, Path.of("none"), Duration.ofSeconds(5)),
                metrics);
        rules = WatchedRules.of(List.of(new PoolRef("", "one", PoolRef.MAIN_PORT)), client);
    }

    @AfterEach
    void stop() {
        rules.close();
        client.close();
        metrics.close();
        DEFINITIONS.forEach(name -> cluster.admin()
                .apiextensions()
                .v1()
                .customResourceDefinitions()
                .withName(name)
                .delete());
    }

    @Test
    void bothGroupsAreHeardAndTheNewerOneWins() {
        put("inference.networking.x-k8s.io", 7, "older");
        Await.until("the older group is heard", SOON, () -> asked().equals("7 older"));

        cluster.apply("llm-d.yaml", "default");
        Await.until("the newer group exists", SOON, () -> {
            try {
                put("llm-d.ai", 9, "newer");
                return true;
            } catch (KubernetesClientException e) {
                return false;
            }
        });
        Await.until("the newer group is heard", SOON, () -> asked().equals("9 newer"));

        put("inference.networking.x-k8s.io", 1, "late");
        put("llm-d.ai", -3, "changed");
        Await.until("the newer group is followed alone", SOON, () -> asked().equals("-3 changed"));
        assertThat(rules.of("one").priorities()).hasSize(1);
    }

    private void put(String group, int priority, String target) {
        cluster.applyText("""
                apiVersion: %1$s/v1alpha2
                kind: InferenceObjective
                metadata: {name: urgent}
                spec: {priority: %2$d, poolRef: {name: one}}
                ---
                apiVersion: %1$s/v1alpha2
                kind: InferenceObjective
                metadata: {name: of-another-pool}
                spec: {priority: 50, poolRef: {name: two}}
                ---
                apiVersion: %1$s/v1alpha2
                kind: InferenceModelRewrite
                metadata: {name: names}
                spec:
                  poolRef: {name: one}
                  rules:
                    - matches: [{model: {type: Exact, value: public}}]
                      targets: [{modelRewrite: %3$s, weight: 1}]
                """.formatted(group, priority, target), namespace);
    }

    /// The priority and the model of a request, as the router is asked for it.
    private String asked() {
        List<PickRequest> asked = new ArrayList<>();
        RulesPicker picker = new RulesPicker(
                new RulesConfig(true),
                rules,
                (request, _) -> {
                    asked.add(request);
                    return () -> {};
                },
                new Random(1));
        var _ = picker.pick(
                new PickRequest(
                                "r",
                                "POST",
                                "/v1/completions",
                                List.of(
                                        new HttpHeader("content-type", "application/json"),
                                        new HttpHeader("x-llm-d-inference-objective", "urgent")),
                                "{\"model\":\"public\"}".getBytes(StandardCharsets.UTF_8))
                        .inPool("one"),
                _ -> {});
        PickRequest request = asked.getFirst();
        String body = new String(request.body(), StandardCharsets.UTF_8);
        return request.priority() + " " + body.replaceAll(".*\"model\":\"([^\"]*)\".*", "$1");
    }
}
