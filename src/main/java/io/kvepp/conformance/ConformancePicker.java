package io.kvepp.conformance;

import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.EndpointSubset;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.RejectReason;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Sends requests where their header [#SELECTION] says, and tells in the response who served them.
///
/// - the header lists endpoints as [EndpointSubset] reads them and overrides the gateway's subset;
///   those of them that are ready members of the pool take turns. None of them ready: 503
/// - without the header every ready member in the gateway's subset takes its turn
/// - an echo server is asked to name the destination ([#ECHO]), and the response names the endpoint
///   that served it according to the gateway ([#SERVED]), or what the gateway did not say
///
/// Source: conformance suite of the Gateway API Inference Extension 1.3 (plug-ins
/// `header-based-testing-filter` and `destination-endpoint-served-verifier`), and its LWEPP.
///
/// Thread-safe.
public final class ConformancePicker implements EndpointPicker {
    static final String SELECTION = "test-epp-endpoint-selection";
    static final String ECHO = "x-echo-set-header";
    static final String SERVED = "x-conformance-test-served-endpoint";
    static final String SEEN = "x-went-into-resp-headers";
    static final String UNTOLD = "fail: missing destination endpoint served metadata";
    static final String NOTHING_TOLD = "fail: missing envoy lb metadata";

    private final Map<String, List<String>> members = new ConcurrentHashMap<>();
    private final AtomicInteger turn = new AtomicInteger();

    /// A pool has these endpoints now.
    public void onPool(String pool, List<String> endpoints) {
        members.put(pool, List.copyOf(endpoints));
    }

    @Override
    public PickHandle pick(PickRequest request, Consumer<PickResult> listener) {
        @Nullable String selection = request.header(SELECTION);
        @Nullable EndpointSubset asked = selection == null ? request.subset() : EndpointSubset.of(List.of(selection));
        List<String> allowed = members.getOrDefault(String.valueOf(request.pool()), List.of()).stream()
                .filter(endpoint -> asked == null || asked.contains(endpoint))
                .toList();
        listener.accept(allowed.isEmpty() ? nobody() : routed(next(allowed)));
        return () -> {};
    }

    private String next(List<String> allowed) {
        return allowed.get(Math.floorMod(turn.getAndIncrement(), allowed.size()));
    }

    private static PickResult nobody() {
        return new PickResult.Rejected(RejectReason.NO_WORKERS, "no endpoint that was asked for is ready", null);
    }

    private static PickResult routed(String endpoint) {
        HeaderEdit headers = new HeaderEdit(List.of(new HttpHeader(ECHO, SERVED + ":" + endpoint)), List.of());
        return new PickResult.Routed(endpoint, headers, BodyEdit.NONE, new ServedEndpoint());
    }
}
