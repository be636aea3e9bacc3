package io.kvepp.kube.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/// Recorded lists of Kubernetes objects, beside the tests of discovery.
public final class CapturedObjects {
    private static final String FOLDER = "/io/kvepp/discovery/kubernetes/";

    private CapturedObjects() {}

    /// A fresh tree: it may be changed.
    public static JsonNode list(String name) {
        try (InputStream in =
                Objects.requireNonNull(CapturedObjects.class.getResourceAsStream(FOLDER + name + ".json"))) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
