package io.kvepp.modelfiles;

import io.kvepp.modelfiles.ModelFileException.Reason;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Fetches files up to a size and within a time.
///
/// Thread-safe.
final class HttpFiles {
    private static final int STATUS_OK = 200;
    private static final int STATUS_NOT_FOUND = 404;

    private final HttpClient client;
    private final long bytesMax;
    private final Duration timeout;

    HttpFiles(HttpClient client, long bytesMax, Duration timeout) {
        this.client = client;
        this.bytesMax = bytesMax;
        this.timeout = timeout;
    }

    byte[] read(String address) throws ModelFileException {
        HttpResponse<byte[]> response = fetch(request(address), address);
        if (declaredLength(response) > bytesMax) {
            throw new ModelFileException(
                    Reason.TOO_LARGE, address + ": too large (expected: at most " + bytesMax + " bytes)");
        }
        if (response.statusCode() != STATUS_OK) {
            Reason reason = response.statusCode() == STATUS_NOT_FOUND ? Reason.MISSING : Reason.IO;
            throw new ModelFileException(
                    reason, address + ": status " + response.statusCode() + " (expected: " + STATUS_OK + ")");
        }
        return response.body();
    }

    private HttpResponse<byte[]> fetch(HttpRequest request, String address) throws ModelFileException {
        // The request's own time-out ends with the response headers; this one covers the body too.
        CompletableFuture<HttpResponse<byte[]>> response = client.sendAsync(request, bounded());
        try {
            return response.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ModelFileException(
                    Reason.IO, address + ": not fetched in time (expected: within " + timeout.toMillis() + "ms)", e);
        } catch (ExecutionException e) {
            throw new ModelFileException(
                    Reason.IO,
                    address + ": not fetched (expected: a file of at most " + bytesMax + " bytes)",
                    e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ModelFileException(Reason.IO, address + ": interrupted (expected: time to fetch it)", e);
        } finally {
            response.cancel(true); // no effect on one that is done
        }
    }

    private BodyHandler<byte[]> bounded() {
        BodyHandler<byte[]> limited = BodyHandlers.limiting(BodyHandlers.ofByteArray(), bytesMax);
        return info -> info.statusCode() == STATUS_OK
                        && info.headers().firstValueAsLong("content-length").orElse(0) <= bytesMax
                ? limited.apply(info)
                : BodySubscribers.replacing(new byte[0]);
    }

    private static long declaredLength(HttpResponse<?> response) {
        return response.headers().firstValueAsLong("content-length").orElse(0);
    }

    private HttpRequest request(String address) throws ModelFileException {
        try {
            return HttpRequest.newBuilder(URI.create(address))
                    .timeout(timeout)
                    .GET()
                    .build();
        } catch (IllegalArgumentException e) {
            throw new ModelFileException(Reason.MISSING, address + ": no address (expected: an http or https URL)", e);
        }
    }
}
