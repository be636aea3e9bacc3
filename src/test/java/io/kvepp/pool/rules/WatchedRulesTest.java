package io.kvepp.pool.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.kube.KubeApi;
import io.kvepp.kube.KubeKind;
import io.kvepp.kube.KubeObject;
import io.kvepp.kube.KubeScope;
import io.kvepp.kube.KubeWatch;
import io.kvepp.kube.testing.MemoryKube;
import io.kvepp.pool.PoolRef;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class WatchedRulesTest {
    private static final String NEW = WatchedRules.GROUPS.getFirst();
    private static final String OLD = WatchedRules.GROUPS.getLast();

    private final MemoryKube kube = new MemoryKube("ns");
    private final WatchedRules rules =
            WatchedRules.of(List.of(new PoolRef("", "one", PoolRef.MAIN_PORT), new PoolRef("ns", "two", 9005)), kube);

    @Test
    void objectivesBelongToTheirPoolAndFollowTheObjects() {
        kube.put(WatchedRules.objective(NEW), objective("high", "one", "priority: 7"));
        kube.put(WatchedRules.objective(NEW), objective("low", "one", "priority: -1"));
        kube.put(WatchedRules.objective(NEW), objective("plain", "one", "other: 1"));
        kube.put(WatchedRules.objective(NEW), objective("high", "two", "priority: 9"));
        assertThat(rules.of("one").priorities()).containsExactlyInAnyOrderEntriesOf(Map.of("low", -1, "plain", 0));

        kube.put(WatchedRules.objective(NEW), objective("high", "one", "priority: 8"));
        kube.delete(WatchedRules.objective(NEW), "low");
        assertThat(rules.of("one").priorities()).containsExactlyInAnyOrderEntriesOf(Map.of("high", 8, "plain", 0));
        assertThat(rules.of("ns/two").priorities()).isEmpty();
        assertThat(rules.of("three")).isEqualTo(PoolRules.NONE);
        assertThat(rules.of(null)).isEqualTo(PoolRules.NONE);
    }

    @Test
    void theNewerGroupCountsAloneWhereItExists() {
        kube.put(WatchedRules.objective(OLD), objective("old", "one", "priority: 1"));
        assertThat(rules.of("one").priorities()).isEmpty();

        MemoryKube older = new MemoryKube("ns");
        older.put(WatchedRules.objective(OLD), objective("old", "one", "priority: 1"));
        assertThat(WatchedRules.of(List.of(new PoolRef("", "one", PoolRef.MAIN_PORT)), withoutTheNewer(older))
                        .of("one")
                        .priorities())
                .containsExactly(Map.entry("old", 1));
    }

    @Test
    void anExactNameComesBeforeARuleForAllThenTheOldestObjectThenItsFirstRule() {
        kube.put(WatchedRules.rewrite(NEW), rewrite("young", "2026-02-01T00:00:00Z", """
                - targets: [{modelRewrite: young-all}]
                - matches: [{model: {type: Exact, value: a}}]
                  targets: [{modelRewrite: young-a}]
                - matches: [{model: {value: b}}, {model: {value: c}}]
                  targets: [{modelRewrite: young-bc}]
                """));
        kube.put(WatchedRules.rewrite(NEW), rewrite("old", "2026-01-01T00:00:00Z", """
                - matches: [{model: {type: Exact, value: a}}]
                  targets: [{modelRewrite: old-a}]
                - matches: [{model: {type: Exact, value: a}}]
                  targets: [{modelRewrite: old-a-second}]
                - matches: [{model: {type: Regex, value: .*}}]
                  targets: [{modelRewrite: never}]
                - matches: [{model: {value: d}}]
                  targets: []
                """));

        assertThat(target("a")).isEqualTo("old-a");
        assertThat(target("b")).isEqualTo("young-bc");
        assertThat(target("c")).isEqualTo("young-bc");
        assertThat(target("d")).isEqualTo("young-all");
        kube.delete(WatchedRules.rewrite(NEW), "young");
        assertThat(target("d")).isNull();
    }

    @Test
    void targetsAreDrawnByTheirWeights() {
        kube.put(WatchedRules.rewrite(NEW), rewrite("r", "2026-01-01T00:00:00Z", """
                - targets:
                  - {modelRewrite: x, weight: 70}
                  - {modelRewrite: never, weight: 0}
                  - {modelRewrite: y, weight: 30}
                """));
        ModelRewrites rewrites = rules.of("one").rewrites();
        Random random = new Random(1);
        Map<String, Integer> drawn = new TreeMap<>();
        for (int i = 0; i < 10_000; i++) {
            drawn.merge(rewrites.targetOf("m", random), 1, Integer::sum);
        }

        assertThat(drawn).containsOnlyKeys("x", "y");
        assertThat(drawn.get("x")).isBetween(6_800, 7_200);
    }

    private String target(String model) {
        return rules.of("one").rewrites().targetOf(model, new Random(1));
    }

    /// The same cluster without the kinds of the newer group.
    private static KubeApi withoutTheNewer(MemoryKube kube) {
        return new KubeApi() {
            @Override
            public String namespace() {
                return kube.namespace();
            }

            @Override
            public KubeWatch watch(KubeKind kind, KubeScope scope, Runnable onChange) {
                return kind.group().equals(NEW) ? new Missing() : kube.watch(kind, scope, onChange);
            }

            @Override
            public void close() {
                kube.close();
            }
        };
    }

    private static final class Missing implements KubeWatch {
        @Override
        public boolean connected() {
            return false;
        }

        @Override
        public boolean synced() {
            return false;
        }

        @Override
        public List<KubeObject> objects() {
            return List.of();
        }

        @Override
        public void close() {}
    }

    private static JsonNode objective(String name, String pool, String priority) {
        return yaml("{metadata: {name: %s}, spec: {poolRef: {name: %s}, %s}}".formatted(name, pool, priority));
    }

    private static JsonNode rewrite(String name, String created, String rules) {
        return yaml("metadata: {name: %s, creationTimestamp: \"%s\"}\nspec:\n  poolRef: {name: one}\n  rules:\n%s"
                .formatted(name, created, rules.indent(2)));
    }

    private static JsonNode yaml(String text) {
        return new ObjectMapper().valueToTree(new Load(LoadSettings.builder().build()).loadFromString(text));
    }
}
