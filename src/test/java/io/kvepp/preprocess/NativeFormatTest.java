package io.kvepp.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeFormatTest {
    @ParameterizedTest(name = "{0}, {1} -> {2}")
    @CsvSource(
            nullValues = "-",
            value = {
                "qwen2, deepseek-v4, -",
                "deepseek_v4, anything, DeepSeek V4",
                "DeepSeek_V41, anything, DeepSeek V4.1",
                "deepseek_v32, DeepSeek-V3.2, DeepSeek V3.2",
                "deepseek_v3_2, DeepSeek-V3.2-Exp, -",
                "deepseek_v3, DeepSeek-V3.2, -",
                "kimi_k3, x, Kimi K3",
                "kimi_k2, Kimi-K3, -",
                "-, moonshotai/Kimi-K3, Kimi K3",
                "-, deepseek-v4-flash, DeepSeek V4",
                "-, deepseekv4, DeepSeek V4",
                "-, deepseek-v40, -",
                "-, org/deepseek-v4, -",
                "-, deepseek-v4.1-x, DeepSeek V4.1",
                "-, deepseek.v4.10, DeepSeek V4",
                "'', org/DeepSeek-V3.2, DeepSeek V3.2",
                "-, deepseek-v3.2-exp, -",
                "-, llama, -"
            })
    void theModelTypeDecidesAndTheNameOnlyWithoutOne(String modelType, String name, String family) {
        NativeFormat found = NativeFormat.of(modelType, name);
        assertThat(found == null ? null : found.toString()).isEqualTo(family);
    }
}
