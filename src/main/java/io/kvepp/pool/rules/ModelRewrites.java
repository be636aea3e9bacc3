package io.kvepp.pool.rules;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvepp.kube.KubeObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Which model is asked for instead of another: the first rule that names the model, or else the
/// first that names none; of its targets one is drawn by their weights.
///
/// - `rules`: of the oldest object first, within an object in its order
///
/// Source: InferenceModelRewrite v1alpha2.
///
/// Immutable.
record ModelRewrites(List<Rule> rules) {
    static final ModelRewrites NONE = new ModelRewrites(List.of());

    private static final long WEIGHT_MAX = 1_000_000;
    private static final long WEIGHT_DEFAULT = 1;

    /// Age counts by the second, as objects have it; the name decides among equal ones.
    private static final Comparator<KubeObject> OLDEST_FIRST = Comparator.comparing((KubeObject object) ->
                    object.json().path("metadata").path("creationTimestamp").asText())
            .thenComparing(KubeObject::name);

    /// - `models`: those it is for; empty: all for which there is no other rule
    /// - `targets`: never empty
    record Rule(Set<String> models, List<Target> targets) {
        Rule {
            models = Set.copyOf(models);
            targets = List.copyOf(targets);
        }
    }

    /// - `weight`: 1 to 1,000,000, its share of the requests
    record Target(String model, long weight) {}

    ModelRewrites {
        rules = List.copyOf(rules);
    }

    static ModelRewrites of(List<KubeObject> objects) {
        List<Rule> rules = new ArrayList<>();
        objects.stream()
                .sorted(OLDEST_FIRST)
                .forEach(object -> object.json().path("spec").path("rules").forEach(rule -> add(rule, rules)));
        return new ModelRewrites(rules);
    }

    /// The model to ask for instead, or null when that does not change.
    @Nullable
    String targetOf(String model, RandomGenerator random) {
        @Nullable Rule generic = null;
        for (Rule rule : rules) {
            if (rule.models().contains(model)) {
                return drawn(rule.targets(), random);
            }
            generic = generic == null && rule.models().isEmpty() ? rule : generic;
        }
        return generic == null ? null : drawn(generic.targets(), random);
    }

    private static String drawn(List<Target> targets, RandomGenerator random) {
        long left = random.nextLong(targets.stream().mapToLong(Target::weight).sum());
        int drawn = 0;
        while (left >= targets.get(drawn).weight()) {
            left -= targets.get(drawn).weight();
            drawn++;
        }
        return targets.get(drawn).model();
    }

    /// A rule without a target that can be drawn, or with matches of which none is understood,
    /// rewrites nothing.
    private static void add(JsonNode json, List<Rule> rules) {
        Set<String> models = new TreeSet<>();
        json.path("matches").forEach(match -> {
            JsonNode model = match.path("model");
            if (model.path("type").asText("Exact").equals("Exact")
                    && model.path("value").isTextual()) {
                models.add(model.path("value").asText());
            }
        });
        List<Target> targets = new ArrayList<>();
        json.path("targets").forEach(target -> {
            long weight = target.path("weight").asLong(WEIGHT_DEFAULT);
            String model = target.path("modelRewrite").asText();
            if (weight > 0 && !model.isEmpty()) {
                targets.add(new Target(model, Math.min(weight, WEIGHT_MAX)));
            }
        });
        boolean understood = json.path("matches").isEmpty() || !models.isEmpty();
        if (understood && !targets.isEmpty()) {
            rules.add(new Rule(models, targets));
        }
    }
}
