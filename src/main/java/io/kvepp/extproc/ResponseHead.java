package io.kvepp.extproc;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpHeaders;
import java.util.Locale;

/// What a picker wants to know of response headers; `status` is 0 when it is missing or not a
/// number.
///
/// Immutable.
record ResponseHead(int status, String contentType) {
    static final ResponseHead UNSEEN = new ResponseHead(0, "");

    static ResponseHead read(HttpHeaders message) {
        int status = 0;
        String contentType = "";
        for (HeaderValue header : message.getHeaders().getHeadersList()) {
            switch (header.getKey().toLowerCase(Locale.ROOT)) {
                case ":status" -> status = parse(RequestHead.text(header));
                case "content-type" -> contentType = RequestHead.text(header);
                default -> {}
            }
        }
        return new ResponseHead(status, contentType);
    }

    private static int parse(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
