package io.kvepp.routerservice.http;

import com.sun.net.httpserver.HttpExchange;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// One request on its way to its answer.
///
/// Confined to the thread that answers it.
record Call(HttpExchange exchange, Body body) {
    private static final String POLICY_CLASS = "x-dynamo-meta-policy-class";

    /// The policy class it asks for; null for none.
    @Nullable
    String policyClass() {
        String value = exchange.getRequestHeaders().getFirst(POLICY_CLASS);
        return value == null || value.isBlank() ? null : value.strip();
    }

    /// The part of the path with this number, decoded.
    String pathPart(int index) throws HttpFault {
        // In a path a plus is a plus; the decoder is one for forms.
        String part = exchange.getRequestURI().getRawPath().split("/", -1)[index];
        return decoded("path", part.replace("+", "%2B"));
    }

    /// The value of a query parameter; null when absent.
    @Nullable
    String query(String name) throws HttpFault {
        String query = exchange.getRequestURI().getRawQuery();
        if (query != null) {
            for (String pair : query.split("&", -1)) {
                String[] parts = pair.split("=", 2);
                if (parts.length == 2 && parts[0].equals(name)) {
                    return decoded(name, parts[1]);
                }
            }
        }
        return null;
    }

    private static String decoded(String name, String encoded) throws HttpFault {
        try {
            return URLDecoder.decode(encoded, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new HttpFault(400, name + ": not decodable (expected: percent-encoded UTF-8)");
        }
    }
}
