package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/// The variants of the small tokenizer over characters, with their golden ids.
final class FamilyFixtures {
    private FamilyFixtures() {}

    static List<JsonNode> families() {
        try {
            JsonNode families = Fixtures.MAPPER.readTree(Fixtures.bytes("families.json"));
            return StreamSupport.stream(families.spliterator(), false).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode family(String variant) {
        return families().stream()
                .filter(family -> family.get("variant").textValue().equals(variant))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no such variant: " + variant));
    }

    /// The base file with the members of the variant, those of its model one by one.
    static ObjectNode file(JsonNode family) {
        ObjectNode file = base();
        for (Map.Entry<String, JsonNode> member : family.get("members").properties()) {
            if (member.getKey().equals("model")) {
                ((ObjectNode) file.get("model")).setAll((ObjectNode) member.getValue());
            } else {
                file.set(member.getKey(), member.getValue());
            }
        }
        return file;
    }

    static ObjectNode base() {
        try {
            return (ObjectNode) Fixtures.MAPPER.readTree(Fixtures.bytes("characters.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
