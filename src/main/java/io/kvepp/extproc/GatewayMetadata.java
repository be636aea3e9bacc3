package io.kvepp.extproc;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.kvepp.picker.EndpointSubset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a gateway says beside a message.
///
/// Source: Endpoint Picker protocol rules P3 and P12.
final class GatewayMetadata {
    private static final String SUBSET_NAMESPACE = "envoy.lb.subset_hint";
    private static final String SUBSET = Responses.DESTINATION + "-subset";
    private static final String SERVED = Responses.DESTINATION + "-served";

    private GatewayMetadata() {}

    /// Where the request may go: a list, or a text of items between commas. Null when nothing is
    /// said.
    static @Nullable EndpointSubset subset(ProcessingRequest message) {
        @Nullable Value value = value(message.getMetadataContext(), SUBSET_NAMESPACE, SUBSET);
        if (value == null) {
            return null;
        }
        return switch (value.getKindCase()) {
            case LIST_VALUE ->
                EndpointSubset.of(value.getListValue().getValuesList().stream()
                        .map(Value::getStringValue)
                        .toList());
            case STRING_VALUE -> EndpointSubset.of(List.of(value.getStringValue()));
            // Whatever else it is, it names nobody.
            case NULL_VALUE, NUMBER_VALUE, BOOL_VALUE, STRUCT_VALUE, KIND_NOT_SET -> EndpointSubset.of(List.of());
        };
    }

    /// The endpoint that served the request; null when nothing is said.
    static @Nullable String served(ProcessingRequest message) {
        @Nullable Value value = value(message.getMetadataContext(), Responses.DESTINATION_NAMESPACE, SERVED);
        return value == null || value.getStringValue().isEmpty() ? null : value.getStringValue();
    }

    /// Whether anything is said of how the gateway balances load.
    static boolean hasLoadBalancer(ProcessingRequest message) {
        return message.getMetadataContext().containsFilterMetadata(Responses.DESTINATION_NAMESPACE);
    }

    private static @Nullable Value value(Metadata metadata, String namespace, String key) {
        @Nullable Struct fields = metadata.getFilterMetadataMap().get(namespace);
        return fields == null ? null : fields.getFieldsMap().get(key);
    }
}
