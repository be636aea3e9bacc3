package io.kvepp.requestplane;

import java.io.Closeable;
import java.io.IOException;

/// Closes what nobody needs any more.
///
/// Thread-safe.
final class Closing {
    private Closing() {}

    static void quietly(Closeable resource) {
        try {
            resource.close();
        } catch (IOException _) {
            // A connection that cannot be closed in order is closed nevertheless.
        }
    }
}
