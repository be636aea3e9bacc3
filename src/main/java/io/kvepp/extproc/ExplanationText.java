package io.kvepp.extproc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickExplanation.Choice;

/// How a gateway and a client are told why a request went where it went.
///
/// The client gets the whole explanation as JSON in a response header. The gateway gets the same as
/// dynamic metadata, and beside it the fields that an access log wants apart.
final class ExplanationText {
    static final String HEADER = "x-kv-epp-pick";
    static final String NAMESPACE = "kv_epp";

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private ExplanationText() {}

    /// One line of ASCII.
    static String json(PickExplanation explanation) {
        try {
            return JSON.writeValueAsString(explanation);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of texts and numbers cannot fail to serialize", e);
        }
    }

    static Value metadata(PickExplanation explanation) {
        Struct.Builder fields = Struct.newBuilder()
                .putFields("explanation", text(json(explanation)))
                .putFields("mode", text(explanation.mode()))
                .putFields("why", text(explanation.why()));
        put(fields, "decode", explanation.decode());
        Choice prefill = explanation.prefill();
        if (prefill != null) {
            put(fields, "prefill", prefill);
        }
        return Value.newBuilder().setStructValue(fields).build();
    }

    private static void put(Struct.Builder fields, String role, Choice choice) {
        fields.putFields(role + "_worker_id", text(choice.workerId()))
                .putFields(role + "_dp_rank", number(choice.dpRank()))
                .putFields(role + "_overlap_blocks", number(choice.overlapBlocks()))
                .putFields(role + "_cost", number(choice.cost()));
    }

    private static Value text(String value) {
        return Value.newBuilder().setStringValue(value).build();
    }

    private static Value number(double value) {
        return Value.newBuilder().setNumberValue(value).build();
    }
}
