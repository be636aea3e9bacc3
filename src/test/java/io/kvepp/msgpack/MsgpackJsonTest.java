package io.kvepp.msgpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MsgpackJsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "true",
                "-1",
                "-9223372036854775808",
                "18446744073709551615",
                "1.5",
                "\"text \\\"é\\\"\"",
                "[1,[],{}]",
                "{\"a\":{\"b\":[null,false,300]},\"c\":0.7}"
            })
    void aValueIsTheSameThereAndBack(String json) throws Exception {
        byte[] there = MsgpackJson.fromJson(json.getBytes(StandardCharsets.UTF_8));
        assertThat(new String(MsgpackJson.toJson(there), StandardCharsets.UTF_8))
                .isEqualTo(json);
    }

    @Test
    void binaryBecomesNumbers() throws Exception {
        byte[] binary = new MsgpackWriter().binary(new byte[] {1, -1}).toBytes();
        assertThat(new String(MsgpackJson.toJson(binary), StandardCharsets.UTF_8))
                .isEqualTo("[1,255]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "36893488147419103232", "nonsense"})
    void whatHasNoSuchValueIsMalformed(String json) {
        assertThatThrownBy(() -> MsgpackJson.fromJson(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void nestingIsLimited() {
        String deep = "[".repeat(100) + "]".repeat(100);
        assertThatThrownBy(() -> MsgpackJson.fromJson(deep.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("nesting");
        MsgpackWriter writer = new MsgpackWriter();
        for (int i = 0; i < 100; i++) {
            writer.array(1);
        }
        assertThatThrownBy(() -> MsgpackJson.toJson(writer.nil().toBytes()))
                .isInstanceOf(MalformedMessageException.class);
    }
}
