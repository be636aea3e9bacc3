package io.kvepp.scheduling.queue;

import static io.kvepp.config.ConfigurationException.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The classes of a model's requests, and which class a request is of.
///
/// A class is either explicit (a request asks for it by name) or one cell of a table: the family a
/// request asks for (the default one if it asks for none or an unknown one) by the bucket that the
/// tokens it has to compute fall into.
///
/// - `bucketFloors`: least tokens of each bucket; ascending, the first is 0
/// - `families`: by name, the class of each bucket, as an index of `classes`
/// - `explicit`: by name, an index of `classes`
///
/// Source: Dynamo's router policy configuration.
///
/// Immutable.
public record PolicyProfile(
        List<PolicyClass> classes,
        List<Integer> bucketFloors,
        Map<String, List<Integer>> families,
        String defaultFamily,
        Map<String, Integer> explicit) {
    private static final String ONLY = "default";

    public PolicyProfile {
        classes = List.copyOf(classes);
        bucketFloors = List.copyOf(bucketFloors);
        families = Map.copyOf(families);
        explicit = Map.copyOf(explicit);
        check(
                families.containsKey(defaultFamily),
                "default_policy_family",
                defaultFamily,
                "one of " + families.keySet().stream().sorted().toList());
    }

    /// One class for all requests. `busyTokensFrac` null: nobody waits.
    public static PolicyProfile single(QueuePolicy policy, @Nullable Double busyTokensFrac) {
        PolicyClass only = new PolicyClass(ONLY, policy, 1, null, busyTokensFrac, null, null, null);
        return new PolicyProfile(List.of(only), List.of(0), Map.of(ONLY, List.of(0)), ONLY, Map.of());
    }

    /// Whether any request may ever wait.
    public boolean queues() {
        return classes.stream().anyMatch(PolicyClass::queues);
    }

    int classOf(@Nullable String requested, int uncachedTokens) {
        if (requested != null) {
            @Nullable Integer named = explicit.get(requested);
            if (named != null) {
                return named;
            }
        }
        int bucket = bucketFloors.size() - 1;
        while (bucketFloors.get(bucket) > uncachedTokens) {
            bucket--;
        }
        String family = requested != null && families.containsKey(requested) ? requested : defaultFamily;
        return families.getOrDefault(family, List.of()).get(bucket);
    }

    /// Where a class stands. `family` and `bucket` are null for an explicit one.
    record Placed(
            PolicyClass policy,
            @Nullable String family,
            @Nullable String bucket) {}

    /// Lays the classes out. `buckets`: names and floors in order.
    static PolicyProfile of(String defaultFamily, Map<String, Integer> buckets, List<Placed> placed) {
        List<String> bucketNames = List.copyOf(buckets.keySet());
        Map<String, List<@Nullable Integer>> table = new HashMap<>();
        Map<String, Integer> explicit = new HashMap<>();
        for (int i = 0; i < placed.size(); i++) {
            Placed each = placed.get(i);
            String family = each.family();
            String bucket = each.bucket();
            if (family == null || bucket == null) {
                explicit.put(each.policy().name(), i);
                continue;
            }
            int column = bucketNames.indexOf(bucket);
            check(column >= 0, each.policy().name() + ".cache_bucket", bucket, "one of " + bucketNames);
            List<@Nullable Integer> row = table.computeIfAbsent(family, _ -> emptyRow(bucketNames.size()));
            check(
                    row.set(column, i) == null,
                    each.policy().name(),
                    family + " and " + bucket,
                    "no other class of both");
        }
        return new PolicyProfile(
                placed.stream().map(Placed::policy).toList(),
                List.copyOf(buckets.values()),
                complete(table, bucketNames),
                defaultFamily,
                distinct(explicit, table.keySet()));
    }

    private static List<@Nullable Integer> emptyRow(int size) {
        List<@Nullable Integer> row = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            row.add(null);
        }
        return row;
    }

    private static Map<String, List<Integer>> complete(
            Map<String, List<@Nullable Integer>> table, List<String> bucketNames) {
        Map<String, List<Integer>> families = new HashMap<>();
        table.forEach((family, row) -> {
            List<Integer> cells = new ArrayList<>();
            for (int i = 0; i < row.size(); i++) {
                Integer cell = row.get(i);
                check(cell != null, "policy_family", family, "a class for cache_bucket " + bucketNames.get(i));
                if (cell != null) {
                    cells.add(cell);
                }
            }
            families.put(family, cells);
        });
        return families;
    }

    private static Map<String, Integer> distinct(Map<String, Integer> explicit, Set<String> families) {
        explicit.keySet()
                .forEach(name -> check(!families.contains(name), "name", name, "another name than a policy_family's"));
        return explicit;
    }
}
