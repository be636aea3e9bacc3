package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.Json;
import io.kvepp.it.http.RecordingUpstream.Recorded;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/// A request body and the path it is for, to be compared with what arrives.
///
/// Immutable; the array must not be changed.
record SentBody(String path, byte[] bytes) {
    /// A chat whose prompt has about so many bytes.
    static SentBody chat(String model, int bytes) {
        String words = Prompts.text(bytes, bytes / 7 + 1);
        ObjectNode chat = Prompts.chat(model, 4, "s", words.substring(0, Math.min(words.length(), bytes)));
        return new SentBody(InferenceClient.CHAT, chat.toString().getBytes(StandardCharsets.UTF_8));
    }

    /// So many bytes of no form, for a path that kv-epp does not read.
    static SentBody unread(int bytes) {
        byte[] body = new byte[bytes];
        new Random(bytes).nextBytes(body);
        return new SentBody("/v1/unknown", body);
    }

    void assertWhole(Recorded recorded) {
        byte[] received = recorded.body();
        assertThat(received.length).as("bytes received").isEqualTo(bytes.length);
        assertThat(Arrays.mismatch(bytes, received))
                .as("first byte that differs")
                .isNegative();
    }

    /// Token ids were put in at one place; everything else is the client's.
    void assertSpliced(Recorded recorded) {
        byte[] received = recorded.body();
        int same = Arrays.mismatch(bytes, received);
        int added = received.length - bytes.length;
        assertThat(added).as("bytes added").isPositive();
        assertThat(Arrays.equals(bytes, same, bytes.length, received, same + added, received.length))
                .as("the bytes after byte %d are the client's", same)
                .isTrue();
        String put = new String(received, same, added, StandardCharsets.UTF_8);
        assertThat(put).as("what was put in").containsOnlyOnce("token_data").doesNotContain("messages");
        JsonNode tree = Json.read(recorded.text());
        assertThat(tree.at("/nvext/token_data").isArray()).isTrue();
        ((ObjectNode) tree.required("nvext")).remove("token_data");
        if (tree.required("nvext").isEmpty()) {
            ((ObjectNode) tree).remove("nvext");
        }
        assertThat(tree).isEqualTo(Json.read(new String(bytes, StandardCharsets.UTF_8)));
    }
}
