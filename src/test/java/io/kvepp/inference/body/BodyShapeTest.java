package io.kvepp.inference.body;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyShapeTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'model':'m','messages':[{'prompt':1}]}       | /v1/chat/completions",
                "{'messages':[],'system':'x','max_tokens':1}   | /v1/messages",
                "{'messages':[],'stop_sequences':[]}           | /v1/messages",
                "{'prompt':'messages'}                         | /v1/completions",
                "{'input':'x','encoding_format':'float'}       | /v1/embeddings",
                "{'input':'x','stream':true}                   | /v1/responses",
                "{'input':'x'}                                 | ''",
                "{}                                            | ''",
                "['messages']                                  | ''",
                "no JSON                                       | ''",
            })
    void theFieldsTellTheApi(String body, String path) {
        byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);

        assertThat(BodyShape.path(bytes)).isEqualTo(path);
    }
}
