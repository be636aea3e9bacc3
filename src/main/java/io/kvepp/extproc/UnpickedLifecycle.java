package io.kvepp.extproc;

import io.kvepp.picker.RequestLifecycle;
import java.nio.ByteBuffer;

/// Follows a response that no pick preceded: nothing is booked, nothing is released.
enum UnpickedLifecycle implements RequestLifecycle {
    INSTANCE;

    @Override
    public void servedBy(String endpoint) {}

    @Override
    public void responseHeaders(int status, String contentType) {}

    @Override
    public void responseBody(ByteBuffer slice, boolean endOfStream) {}

    @Override
    public void completed() {}

    @Override
    public void withdrawn() {}
}
