package io.kvepp.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kube.testing.CapturedObjects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodIdsTest {
    /// Computed with rustc's DefaultHasher.
    @ParameterizedTest
    @CsvSource({
        "worker-0, 1186445869714687",
        "worker-0-engine-0, 8051026481054291",
        "worker-0-engine-1, 4054906713372226",
        "test-pod, 2416568045697146",
        "'', 121655548788207",
        "a, 7688582637611507",
        "vllm-0, 1943803597606491",
        "qwen-vllmdecodeworker-0-abcde, 1285144752941706",
        "vllm-agg-router-vllmdecodeworker-0, 5939695886668708",
        "dynamo-decode-6d9f8b7c5-abcde, 4435603007291476",
    })
    void aNameHasTheIdThatRustGivesIt(String name, long id) {
        assertThat(PodIds.instanceId(name)).isEqualTo(id);
    }

    @Test
    void recordedWorkersHaveTheIdsOfTheirPods() {
        assertThat(CapturedObjects.list("dwm-incluster").path("items"))
                .isNotEmpty()
                .allSatisfy(object -> {
                    long id = PodIds.instanceId(
                            object.path("metadata").path("name").asText());
                    assertThat(object.path("spec").path("data").path("endpoints"))
                            .isNotEmpty()
                            .allSatisfy(endpoint -> assertThat(
                                            endpoint.path("instance_id").asLong())
                                    .isEqualTo(id));
                });
    }
}
