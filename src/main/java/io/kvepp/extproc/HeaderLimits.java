package io.kvepp.extproc;

import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;

/// How many headers, and how many bytes of them, a gateway lets a request have.
///
/// A gateway checks its limits again after a change: a request that just fits would fail there with
/// an error that says nothing.
///
/// Immutable.
record HeaderLimits(int countMax, int bytesMax) {
    boolean fit(RequestHead head) {
        return head.headerCount() <= countMax && head.headerBytes() <= bytesMax;
    }

    /// Whether the headers still fit when they were changed.
    boolean fit(RequestHead head, HeaderEdit edit) {
        int count = head.headerCount() + edit.set().size();
        long bytes = head.headerBytes();
        for (HttpHeader header : edit.set()) {
            bytes += bytes(header);
        }
        if (count <= countMax && bytes <= bytesMax) {
            return true;
        }
        for (HttpHeader header : head.headers()) {
            if (isReplaced(header.name(), edit)) {
                count--;
                bytes -= bytes(header);
            }
        }
        return count <= countMax && bytes <= bytesMax;
    }

    private static boolean isReplaced(String name, HeaderEdit edit) {
        return edit.remove().contains(name)
                || edit.set().stream().anyMatch(header -> header.name().equals(name));
    }

    private static long bytes(HttpHeader header) {
        return header.name().length() + (long) header.value().length();
    }
}
