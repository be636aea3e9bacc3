package io.kvepp.inference.body;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyShapeTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'model':'m','messages':[{'prompt':1}]}       | Known[path=/v1/chat/completions]",
                "{'messages':[],'system':'x','max_tokens':1}   | Known[path=/v1/messages]",
                "{'messages':[],'stop_sequences':[]}           | Known[path=/v1/messages]",
                "{'prompt':'messages'}                         | Known[path=/v1/completions]",
                "{'prompt':'\u00ff'}                           | Known[path=/v1/completions]",
                "{'input':'x','encoding_format':'float'}       | Known[path=/v1/embeddings]",
                "{'input':'x','stream':true}                   | Known[path=/v1/responses]",
                "{'input':'x','model':'m'}                     | Unknown[model=m]",
                "{'input':'x','model':1}                       | Unknown[model=null]",
                "{'x':{'model':'m'}}                           | Unknown[model=null]",
                "{}                                            | Unknown[model=null]",
                "{'model':'m','messages':[{'prompt             | NoObject[]",
                "['messages']                                  | NoObject[]",
                "'messages'                                    | NoObject[]",
                "no healthy upstream                           | NoObject[]",
                "{                                             | NoObject[]",
            })
    void theFieldsTellTheApi(String body, String shape) {
        byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.ISO_8859_1);

        assertThat(BodyShape.of(bytes)).hasToString(shape);
    }

    @Test
    void whatNobodyLooksIntoIsNotCalledMalformed() {
        String deep = "{\"x\":" + "[".repeat(20_000) + "]".repeat(20_000) + "}";

        assertThat(BodyShape.of(deep.getBytes(StandardCharsets.UTF_8))).isEqualTo(new BodyShape.TooLarge());
    }
}
