package io.kvepp.inference.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/// Random bodies of every API that the frontend takes. The same seed makes the same bodies.
///
/// Confined to one thread.
public final class BodyGenerator {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String[] WORDS = {
        "the",
        "cache",
        " ",
        "\n\n",
        "Präfix",
        "接頭辞",
        "😀",
        "x=1;",
        "\t",
        "e\u0301",
        "don't",
        "12345",
        "...",
        "\"",
        "\\",
        "<|im_end|>",
        "<｜User｜>",
        "\u00a0",
        "\u200d",
        "АБВ",
        "{}",
        "%s",
        "  ",
        "a.b@c",
        "\u0000"
    };
    private static final String[] NAMES = {"get_weather", "search-web", "f"};

    private final Random random;
    private final String model;

    public BodyGenerator(long seed, String model) {
        random = new Random(seed);
        this.model = model;
    }

    public SampleBody next() {
        return switch (random.nextInt(4)) {
            case 0 -> sample("/v1/chat/completions", chat());
            case 1 -> sample("/v1/completions", completion());
            case 2 -> sample("/v1/responses", response());
            default -> sample("/v1/messages", messages());
        };
    }

    private static SampleBody sample(String path, ObjectNode body) {
        return new SampleBody("generated", path, body.toString().getBytes(StandardCharsets.UTF_8));
    }

    private ObjectNode chat() {
        ObjectNode body = body();
        ArrayNode turns = body.putArray("messages");
        if (random.nextBoolean()) {
            turns.addObject().put("role", "system").put("content", text());
        }
        for (int i = random.nextInt(4); i >= 0; i--) {
            ObjectNode user = turns.addObject().put("role", "user");
            if (random.nextInt(3) == 0) {
                ArrayNode parts = user.putArray("content");
                for (int k = random.nextInt(3); k >= 0; k--) {
                    parts.addObject().put("type", "text").put("text", text());
                }
            } else {
                user.put("content", text());
            }
            if (i > 0) {
                turns.addObject().put("role", "assistant").put("content", text());
            }
        }
        if (random.nextInt(3) == 0) {
            for (String name : NAMES) {
                ObjectNode tool = body.withArrayProperty("tools").addObject().put("type", "function");
                function(tool.putObject("function"), name, "parameters");
            }
        }
        return body;
    }

    private ObjectNode completion() {
        ObjectNode body = body();
        switch (random.nextInt(3)) {
            case 0 -> {
                ArrayNode ids = body.putArray("prompt");
                for (int i = random.nextInt(40); i >= 0; i--) {
                    ids.add(random.nextInt(100_000));
                }
            }
            case 1 -> body.putArray("prompt").add(text() + "x").add(text() + "y");
            default -> body.put("prompt", text() + "z");
        }
        return body;
    }

    private ObjectNode response() {
        ObjectNode body = MAPPER.createObjectNode().put("model", model).put("max_output_tokens", 4);
        if (random.nextBoolean()) {
            body.put("instructions", text());
        }
        ArrayNode items = body.putArray("input");
        for (int i = random.nextInt(4); i >= 0; i--) {
            items.addObject().put("role", "user").put("content", text());
            if (random.nextBoolean()) {
                items.addObject()
                        .put("type", "function_call")
                        .put("call_id", "c" + i)
                        .put("name", NAMES[random.nextInt(NAMES.length)])
                        .put("arguments", "{\"a\": [1, 2.50, \"é\"]}");
                items.addObject()
                        .put("type", "function_call_output")
                        .put("call_id", "c" + i)
                        .put("output", text());
            } else if (random.nextBoolean()) {
                items.addObject()
                        .put("type", "message")
                        .put("role", "assistant")
                        .putArray("content")
                        .addObject()
                        .put("type", "output_text")
                        .put("text", text());
            }
        }
        if (random.nextInt(3) == 0) {
            for (String name : NAMES) {
                function(body.withArrayProperty("tools").addObject().put("type", "function"), name, "parameters");
            }
        }
        return body;
    }

    private ObjectNode messages() {
        ObjectNode body = body();
        if (random.nextBoolean()) {
            body.put("system", text());
        }
        ArrayNode turns = body.putArray("messages");
        for (int i = random.nextInt(4); i >= 0; i--) {
            ArrayNode said = turns.addObject().put("role", "user").putArray("content");
            said.addObject().put("type", "text").put("text", text());
            if (i > 0) {
                ArrayNode blocks = turns.addObject().put("role", "assistant").putArray("content");
                blocks.addObject().put("type", "text").put("text", text());
                if (random.nextBoolean()) {
                    ObjectNode use = blocks.addObject().put("type", "tool_use").put("id", "t" + i);
                    use.put("name", NAMES[random.nextInt(NAMES.length)])
                            .putObject("input")
                            .put("q", text());
                    turns.addObject()
                            .put("role", "user")
                            .putArray("content")
                            .addObject()
                            .put("type", "tool_result")
                            .put("tool_use_id", "t" + i)
                            .put("content", text());
                }
            }
        }
        if (random.nextInt(3) == 0) {
            for (String name : NAMES) {
                function(body.withArrayProperty("tools").addObject(), name, "input_schema");
            }
        }
        return body;
    }

    private ObjectNode body() {
        return MAPPER.createObjectNode().put("model", model).put("max_tokens", 4);
    }

    private void function(ObjectNode function, String name, String schema) {
        function.put("name", name);
        if (random.nextBoolean()) {
            function.put("description", text());
        }
        function.putObject(schema)
                .put("type", "object")
                .putObject("properties")
                .putObject("q")
                .put("type", "string");
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(30); i >= 0; i--) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(random.nextInt(4) == 0 ? "" : " ");
        }
        return text.toString();
    }
}
