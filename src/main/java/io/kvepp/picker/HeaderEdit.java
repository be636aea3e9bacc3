package io.kvepp.picker;

import java.util.List;

/// How the request headers change: every name in `remove` is deleted whatever its value, then every
/// header in `set` replaces or adds.
///
/// Immutable.
public record HeaderEdit(List<HttpHeader> set, List<String> remove) {
    public HeaderEdit {
        set = List.copyOf(set);
        remove = List.copyOf(remove);
    }
}
