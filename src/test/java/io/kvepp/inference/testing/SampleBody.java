package io.kvepp.inference.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A request body, valid or not.
public record SampleBody(String name, String path, byte[] body) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String CORPUS = "/io/kvepp/inference/apis.jsonl";
    private static final Pattern NVEXT = Pattern.compile("\"nvext\"\\s*:\\s*(\\{|null)");
    private static final String QUESTION = "\"annotations\":[\"query_instance_id:\"]";

    /// The hand-made ones of every API, for this model.
    public static List<SampleBody> handMade(String model) {
        List<SampleBody> samples = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(SampleBody.class.getResourceAsStream(CORPUS), CORPUS)) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                JsonNode sample = MAPPER.readTree(line);
                samples.add(new SampleBody(
                        sample.required("name").textValue(),
                        sample.required("path").textValue(),
                        sample.required("body")
                                .textValue()
                                .replace("$MODEL", model)
                                .getBytes(StandardCharsets.UTF_8)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return samples;
    }

    /// The same body, which asks the frontend for its token ids instead of an answer.
    public SampleBody asking() {
        // One character a byte: what is not UTF-8 stays what it is.
        String text = new String(body, StandardCharsets.ISO_8859_1);
        Matcher nvext = NVEXT.matcher(text);
        String asking;
        if (nvext.find()) {
            int open = nvext.end();
            String value = nvext.group(1);
            String comma = text.startsWith("}", open) ? "" : ", ";
            asking = value.equals("{")
                    ? text.substring(0, open) + QUESTION + comma + text.substring(open)
                    : text.substring(0, nvext.start(1)) + "{" + QUESTION + "}" + text.substring(open);
        } else {
            int open = text.indexOf('{') + 1;
            asking = text.substring(0, open) + "\"nvext\":{" + QUESTION + "}," + text.substring(open);
        }
        return new SampleBody(name, path, asking.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public String toString() {
        return path + " " + name;
    }
}
