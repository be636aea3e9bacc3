package io.kvepp.scheduling.queue;

import static io.kvepp.testing.ConfigChecks.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyFileTest {
    private static final PolicyProfile OTHERWISE = PolicyProfile.single(QueuePolicy.FCFS, null);
    private static final String BUCKETS = """
            default_policy_family: standard
            uncached_isl_buckets:
              - {min_tokens: 0, bucket: warm}
              - {min_tokens: 2048, bucket: cold}
            """;
    private static final String CLASSES = """
            policy_classes:
              - name: standard-warm
                policy_family: standard
                cache_bucket: warm
                quantum: 512
                prefill_busy_threshold_frac: 2
              - name: standard-cold
                policy_family: standard
                cache_bucket: cold
                queue_policy: wspt
                quantum: 128
                prefill_busy_threshold: 4096
                request_queue_limit_per_worker: 8
                raw_isl_token_queue_limit_per_worker: 100000
                cached_token_queue_limit_per_worker: 50000
              - name: batch
                quantum: 64
            """;

    @Test
    void everyFieldIsRead() {
        PolicyProfile profile = parse(BUCKETS + CLASSES).root();

        assertThat(profile.classes())
                .containsExactly(
                        new PolicyClass("standard-warm", QueuePolicy.FCFS, 512, null, 2.0, null, null, null),
                        new PolicyClass("standard-cold", QueuePolicy.WSPT, 128, 4096L, null, 8L, 100_000L, 50_000L),
                        new PolicyClass("batch", QueuePolicy.FCFS, 64, null, null, null, null, null));
    }

    @Test
    void theExampleOfTheReadmeIsOne() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        int from = readme.indexOf("default_policy_family:");
        PolicyProfiles profiles = parse(readme.substring(from, readme.indexOf("```", from)));

        assertThat(names(profiles.root())).containsExactly("interactive-warm", "interactive-cold", "batch");
        assertThat(names(profiles.of("some-model"))).containsExactly("only");
    }

    @ParameterizedTest(name = "{0} with {1} tokens to compute: {2}")
    @CsvSource({
        ", 0, standard-warm",
        ", 2047, standard-warm",
        ", 2048, standard-cold",
        "standard, 5000, standard-cold",
        "unheard-of, 5000, standard-cold",
        "batch, 5000, batch",
    })
    void aRequestsClassIsItsExplicitOneOrTheCellOfFamilyAndBucket(
            String requested, int uncachedTokens, String expected) {
        PolicyProfile profile = parse(BUCKETS + CLASSES).root();

        assertThat(profile.classes()
                        .get(profile.classOf(requested, uncachedTokens))
                        .name())
                .isEqualTo(expected);
    }

    @Test
    void aModelsProfileReplacesTheRootWholly() {
        PolicyProfiles profiles = parse(BUCKETS + CLASSES + """
                models:
                  special:
                    default_policy_family: f
                    uncached_isl_buckets: [{min_tokens: 0, bucket: all}]
                    policy_classes: [{name: only, policy_family: f, cache_bucket: all, quantum: 1}]
                """);

        assertThat(names(profiles.of("special"))).containsExactly("only");
        assertThat(names(profiles.of("another"))).hasSize(3);
        assertThat(profiles.queue()).isTrue();
    }

    @Test
    void modelsWithoutARootLeaveOthersToTheOptions() {
        PolicyProfiles profiles = parse("""
                models:
                  special:
                    default_policy_family: f
                    uncached_isl_buckets: [{min_tokens: 0, bucket: all}]
                    policy_classes: [{name: only, policy_family: f, cache_bucket: all, quantum: 1}]
                """);

        assertThat(profiles.of("another")).isSameAs(OTHERWISE);
        assertThat(profiles.queue()).isFalse();
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "min_tokens: 0 | min_tokens: 1"
                        + "| router-policy-config.uncached_isl_buckets[0].min_tokens: 1 (expected: 0 for the first)",
                "min_tokens: 2048 | min_tokens: 0"
                        + "| router-policy-config.uncached_isl_buckets[1].min_tokens: 0 (expected: more than 0)",
                "bucket: cold} | bucket: warm}"
                        + "| router-policy-config.uncached_isl_buckets[1].bucket: warm (expected: another name)",
                "cache_bucket: cold | cache_bucket: frozen"
                        + "| standard-cold.cache_bucket: frozen (expected: one of [warm, cold])",
                "cache_bucket: cold | cache_bucket: warm"
                        + "| standard-cold: standard and warm (expected: no other class of both)",
                "quantum: 512 | quantum: 0 | standard-warm.quantum: 0 (expected: > 0)",
                "quantum: 512 | quantum: many"
                        + "| router-policy-config.policy_classes[0].quantum: many (expected: a whole number >= 0)",
                "queue_policy: wspt | queue_policy: lcfs"
                        + "| router-policy-config.policy_classes[1].queue_policy: lcfs (expected: fcfs or wspt)",
                "name: batch | name: standard-warm"
                        + "| router-policy-config.policy_classes[2].name: standard-warm (expected: another name)",
                "name: batch | name: standard | name: standard (expected: another name than a policy_family's)",
                "name: batch | name: 'b c' | name: b c (expected: letters, digits, '_', '.' and '-')",
                "prefill_busy_threshold_frac: 2 | prefill_busy_threshold_frac: -1"
                        + "| standard-warm.prefill_busy_threshold_frac: -1.0 (expected: a finite number >= 0)",
                "default_policy_family: standard | default_policy_family: other"
                        + "| default_policy_family: other (expected: one of [standard])",
                "policy_classes: | classes:"
                        + "| router-policy-config: classes (expected: only [default_policy_family, models,"
                        + " policy_classes, uncached_isl_buckets])",
            })
    void whatIsWrongIsNamed(String correct, String wrong, String message) {
        assertRefused(() -> parse((BUCKETS + CLASSES).replace(correct, wrong)), message);
    }

    @Test
    void aFamilyNeedsAClassInEveryBucket() {
        assertRefused(() -> parse(BUCKETS + """
                        policy_classes:
                          - {name: one, policy_family: standard, cache_bucket: warm, quantum: 1}
                        """), "policy_family: standard (expected: a class for cache_bucket cold)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"[]", "''", "a: b: c", "models: {}", "worker_selection: {}"})
    void whatIsNoPolicyIsRefused(String yaml) {
        assertThatThrownBy(() -> parse(yaml))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("router-policy-config: ");
    }

    private static PolicyProfiles parse(String yaml) {
        return PolicyFile.parse(yaml, OTHERWISE);
    }

    private static List<String> names(PolicyProfile profile) {
        return profile.classes().stream().map(PolicyClass::name).toList();
    }
}
