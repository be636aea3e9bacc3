package io.kvepp.kvcache.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The prompts of a trace in Mooncake's format, in their order: for each, the ids of its 512-token
/// blocks.
///
/// One JSON object a line; `hash_ids` is a list of whole numbers from 0, other members are not
/// looked at. Empty lines are skipped.
///
/// Immutable; the arrays are not copied and must not be changed.
public record Trace(List<long[]> prompts) {
    private static final int SHOWN_CHARACTERS_MAX = 60;

    /// Reads a trace. Throws [IllegalArgumentException] that names the file, the line and what is
    /// wrong with it.
    public static Trace read(Path file) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        List<long[]> prompts = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    prompts.add(prompt(mapper, line, file.getFileName() + " line " + number));
                }
            }
        }
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException(file.getFileName() + ": no requests (expected: one a line)");
        }
        return new Trace(prompts);
    }

    private static long[] prompt(ObjectMapper mapper, String line, String place) {
        JsonNode request;
        try {
            request = mapper.readTree(line);
        } catch (JsonProcessingException e) {
            throw wrong(place, line, "a JSON object");
        }
        JsonNode ids = request.path("hash_ids");
        if (!ids.isArray()) {
            throw wrong(place + ": hash_ids", ids.isMissingNode() ? "missing" : ids.toString(), "a list");
        }
        long[] prompt = new long[ids.size()];
        for (int i = 0; i < prompt.length; i++) {
            JsonNode id = ids.get(i);
            if (!id.isIntegralNumber() || !id.canConvertToLong() || id.longValue() < 0) {
                throw wrong(place + ": hash_ids[" + i + "]", id.toString(), "a whole number >= 0");
            }
            prompt[i] = id.longValue();
        }
        return prompt;
    }

    private static IllegalArgumentException wrong(String place, String value, String expected) {
        String shown =
                value.length() <= SHOWN_CHARACTERS_MAX ? value : value.substring(0, SHOWN_CHARACTERS_MAX) + "...";
        return new IllegalArgumentException(place + ": " + shown + " (expected: " + expected + ")");
    }
}
