package io.kvepp.requestplane;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The answer to one request, item by item.
///
/// - Items wait for the caller to read them: [#send] blocks while nothing fits into the connection,
///   for as long as the server allows, then the answer is cut off with an IOException.
/// - Until [#open], or until a few items have been sent, nothing reaches the caller: a short answer
///   costs one write. Whoever lets the caller wait opens first, or the caller gives up.
///
/// Thread-safe, except that one thread sends.
public interface EndpointAnswer {
    /// Connects to the caller, so that it knows the request is being served and can end it.
    void open() throws IOException;

    /// Sends `value`, written in the request's codec, as the data of one item.
    void send(byte[] value) throws IOException;

    /// Sends a whole item, written in the request's codec: data, event, error and what else belongs
    /// to it.
    void sendItem(byte[] item) throws IOException;

    /// The same for a thread that must not block, once the answer is open: null when another item may
    /// be sent at once, else what completes when it may, or fails when the caller is gone.
    @Nullable
    CompletableFuture<Void> offerItem(byte[] item);

    /// Runs `action` once when the caller asks to stop or is gone, at once if that has happened.
    void onStop(Runnable action);

    /// Whether the caller has asked to stop or is gone.
    boolean isStopped();

    /// Whether the caller is gone, so that nothing can be sent any more.
    boolean isGone();
}
