package io.kvepp.router;

import static io.kvepp.router.RouterFixture.workers;
import static io.kvepp.testing.ModelCards.aggregated;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a gateway shows of a path: all, more or nothing of what the frontend will see.
class PathsTest {
    @TempDir
    Path folder;

    private RouterFixture fixture;

    /// The worker of the other model has nothing to do: by load alone it would be chosen.
    @BeforeEach
    void aBusyModelAndAnIdleOne() throws IOException {
        fixture = new RouterFixture(folder);
        ModelCards asked = aggregated("m").files(WarmUpModel.in(folder));
        ModelCards idle = aggregated("idle").files(WarmUpModel.in(folder));
        fixture.serve(asked.on(1), idle.on(2));
        fixture.route(fixture.chat("m", "a long prompt ".repeat(100)));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/llama/v1/chat/completions",
                "/v1/chat/completions/",
                "/a/b/v1/chat/completions/?x=1",
                ""
            })
    void theModelAndThePromptAreReadHoweverThePathIsShown(String path) {
        fixture.lookups = 0;

        assertThat(workers(fixture.route(fixture.post(path, RouterFixture.chatBody("m", "hello", "")))))
                .isEqualTo("1");
        assertThat(fixture.lookups).isOne();
    }

    @ParameterizedTest
    @CsvSource({"/v1/rerank, m, 1", "/llama/v1/messages/count_tokens, m, 1", "/v1/rerank, unknown, 2", "'', m, 1"})
    void aPathThatNobodyKnowsIsRoutedToItsModelIfThatIsServed(String path, String model, String worker) {
        String body = "{\"query\":\"x\",\"model\":\"" + model + "\"}";

        assertThat(workers(fixture.route(fixture.post(path, body)))).isEqualTo(worker);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | {'model':'x','messages':[{'role':'user','content':'x'}],'max_tokens':1,'system':'s'} |"
                        + " /v1/messages",
                "`` | {'model':'x','prompt':'x'}                                                 | /v1/completions",
                "/v1/messages | {'model':'x','messages':[{'role':'user','content':'x'}],'max_tokens':1}     | ``",
            })
    void aRefusalTellsTheApiWhereOnlyTheBodyDoes(String path, String body, String api) {
        byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        PickRequest request = fixture.request("POST", path, "application/json", bytes);

        assertThat(fixture.pick(request)).isInstanceOfSatisfying(PickResult.Rejected.class, rejected -> {
            assertThat(rejected.reason()).isEqualTo(RejectReason.MODEL_NOT_FOUND);
            assertThat(rejected.api()).isEqualTo(api);
        });
    }

    @Test
    void aQueryIsAnsweredUnderAPrefixToo() {
        String body = RouterFixture.chatBody("m", "hello", ",\"nvext\":{\"annotations\":[\"query_instance_id:\"]}");

        assertThat(fixture.pick(fixture.post("/llama/v1/chat/completions", body)))
                .isInstanceOf(PickResult.Answered.class);
    }
}
