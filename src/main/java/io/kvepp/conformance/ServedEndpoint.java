package io.kvepp.conformance;

import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.RequestLifecycle;
import java.nio.ByteBuffer;
import java.util.List;

/// Repeats in the response which endpoint served the request. Nothing is booked, nothing is released.
///
/// Thread-safe.
final class ServedEndpoint implements RequestLifecycle {
    private volatile String served = ConformancePicker.NOTHING_TOLD;

    @Override
    public void servedBy(String endpoint) {
        served = endpoint;
    }

    @Override
    public void servedByUntold(boolean loadBalancerSpoke) {
        served = loadBalancerSpoke ? ConformancePicker.UNTOLD : ConformancePicker.NOTHING_TOLD;
    }

    @Override
    public void responseHeaders(int status, String contentType) {}

    @Override
    public List<HttpHeader> addedResponseHeaders() {
        return List.of(
                new HttpHeader(ConformancePicker.SERVED, served), new HttpHeader(ConformancePicker.SEEN, "true"));
    }

    @Override
    public void responseBody(ByteBuffer slice, boolean endOfStream) {}

    @Override
    public void completed() {}

    @Override
    public void withdrawn() {}
}
