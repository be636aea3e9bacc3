package io.kvepp.preprocess;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.it.process.RealTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/// Model folders that Dynamo serves: real tokenizers and templates beside a config of few numbers.
final class RealModelFolders {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final Map<String, Numbers> MODELS = Map.of(
            "qwen2_5", new Numbers("Qwen2ForCausalLM", "qwen2", 151_936, 151_643, 151_645),
            "llama3", new Numbers("LlamaForCausalLM", "llama", 128_256, 128_000, 128_009),
            "deepseek_v3", new Numbers("DeepseekV3ForCausalLM", "deepseek_v3", 129_280, 0, 1));

    private RealModelFolders() {}

    private record Numbers(String architecture, String type, int vocabulary, int bos, int eos) {}

    /// The models by name, written below `folder`.
    static Map<String, Path> write(RealTokenizers tokenizers, Path folder, int contextTokens) throws IOException {
        Map<String, Path> folders = new TreeMap<>();
        for (Map.Entry<String, Numbers> model : MODELS.entrySet()) {
            Path target = Files.createDirectory(folder.resolve(model.getKey()));
            Path source = tokenizers.models().get(model.getKey());
            for (String file : new String[] {"tokenizer.json", "tokenizer_config.json"}) {
                Files.copy(source.resolve(file), target.resolve(file));
            }
            Numbers numbers = model.getValue();
            Map<String, Object> config = new TreeMap<>(Map.of(
                    "architectures", new String[] {numbers.architecture},
                    "model_type", numbers.type,
                    "vocab_size", numbers.vocabulary,
                    "max_position_embeddings", contextTokens,
                    "hidden_size", 512,
                    "intermediate_size", 1024,
                    "num_hidden_layers", 4,
                    "num_attention_heads", 8,
                    "num_key_value_heads", 2));
            Map<String, Object> ends = Map.of("bos_token_id", numbers.bos, "eos_token_id", numbers.eos);
            config.putAll(ends);
            MAPPER.writeValue(target.resolve("config.json").toFile(), config);
            MAPPER.writeValue(target.resolve("generation_config.json").toFile(), ends);
            folders.put(model.getKey(), target);
        }
        return folders;
    }
}
