package io.kvepp.scheduling.queue;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.YamlSection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads the YAML file of policy classes. What it does not know is refused, so that no setting is
/// lost in silence.
///
/// Source: Dynamo's `--router-policy-config`, whose queue part this is.
final class PolicyFile {
    private static final String OPTION = "router-policy-config";
    private static final int FILE_BYTES_MAX = 1 << 20;
    private static final Set<String> PROFILE =
            Set.of("default_policy_family", "uncached_isl_buckets", "policy_classes");
    private static final Set<String> BUCKET = Set.of("min_tokens", "bucket");
    private static final Set<String> CLASS = Set.of(
            "name",
            "policy_family",
            "cache_bucket",
            "queue_policy",
            "quantum",
            "prefill_busy_threshold",
            "prefill_busy_threshold_frac",
            "request_queue_limit_per_worker",
            "raw_isl_token_queue_limit_per_worker",
            "cached_token_queue_limit_per_worker");

    private PolicyFile() {}

    /// `otherwise` is the profile of models the file says nothing of.
    static PolicyProfiles read(Path path, PolicyProfile otherwise) {
        return profiles(YamlSection.read(OPTION, path, FILE_BYTES_MAX), otherwise);
    }

    static PolicyProfiles parse(String yaml, PolicyProfile otherwise) {
        return profiles(YamlSection.parse(OPTION, yaml, FILE_BYTES_MAX), otherwise);
    }

    private static PolicyProfiles profiles(YamlSection root, PolicyProfile otherwise) {
        Set<String> known = new TreeSet<>(PROFILE);
        known.add("models");
        root.allowOnly(known);
        boolean hasRoot = PROFILE.stream().anyMatch(root::has);
        Map<String, PolicyProfile> models = new HashMap<>();
        if (root.has("models")) {
            YamlSection named = root.section("models");
            for (String model : named.names()) {
                YamlSection profile = named.section(model);
                profile.allowOnly(PROFILE);
                models.put(model, profile(profile));
            }
        }
        check(hasRoot || !models.isEmpty(), OPTION, "no profile", "policy classes for all models, or for some");
        return new PolicyProfiles(hasRoot ? profile(root) : otherwise, models);
    }

    private static PolicyProfile profile(YamlSection profile) {
        String defaultFamily = profile.text("default_policy_family");
        Map<String, Integer> buckets = buckets(profile);
        List<PolicyProfile.Placed> placed = new ArrayList<>();
        Set<String> names = new TreeSet<>();
        for (YamlSection each : profile.sections("policy_classes")) {
            each.allowOnly(CLASS);
            PolicyProfile.Placed next = placed(each);
            check(
                    names.add(next.policy().name()),
                    each.path("name"),
                    next.policy().name(),
                    "another name");
            placed.add(next);
        }
        return PolicyProfile.of(defaultFamily, buckets, placed);
    }

    private static Map<String, Integer> buckets(YamlSection profile) {
        Map<String, Integer> buckets = new LinkedHashMap<>();
        int before = -1;
        for (YamlSection each : profile.sections("uncached_isl_buckets")) {
            each.allowOnly(BUCKET);
            long floor = each.count("min_tokens");
            String expected = before < 0 ? "0 for the first" : "more than " + before;
            check(before < 0 ? floor == 0 : floor > before, each.path("min_tokens"), floor, expected);
            String name = each.text("bucket");
            PolicyClass.checkName(each.path("bucket"), name);
            check(buckets.put(name, (int) floor) == null, each.path("bucket"), name, "another name");
            before = (int) floor;
        }
        return buckets;
    }

    private static PolicyProfile.Placed placed(YamlSection each) {
        @Nullable String family = each.textOrNull("policy_family");
        @Nullable String bucket = each.textOrNull("cache_bucket");
        check(
                (family == null) == (bucket == null),
                each.path("policy_family"),
                String.valueOf(family),
                "given together with cache_bucket, or neither");
        if (family != null) {
            PolicyClass.checkName(each.path("policy_family"), family);
        }
        return new PolicyProfile.Placed(
                new PolicyClass(
                        each.text("name"),
                        policy(each),
                        each.count("quantum"),
                        each.countOrNull("prefill_busy_threshold"),
                        each.decimalOrNull("prefill_busy_threshold_frac"),
                        each.countOrNull("request_queue_limit_per_worker"),
                        each.countOrNull("raw_isl_token_queue_limit_per_worker"),
                        each.countOrNull("cached_token_queue_limit_per_worker")),
                family,
                bucket);
    }

    private static QueuePolicy policy(YamlSection each) {
        @Nullable String word = each.textOrNull("queue_policy");
        return switch (word) {
            case null -> QueuePolicy.FCFS;
            case "fcfs" -> QueuePolicy.FCFS;
            case "wspt" -> QueuePolicy.WSPT;
            default -> throw ConfigurationException.of(each.path("queue_policy"), word, "fcfs or wspt");
        };
    }
}
