package io.kvepp.kvevents.engine;

import java.util.HashMap;
import java.util.Map;

/// What an engine has told of the kinds of its cache groups. An event that does not name the kind of
/// its group is about the main layers when the group is known to be of those, or is the first one.
///
/// Confined.
final class CacheGroups {
    private static final int GROUPS_MAX = 1_024;

    private final Map<Integer, CacheGroup.Kind> kinds = new HashMap<>();

    /// True when an event about this group counts. One that stores blocks tells the kind of its
    /// group from then on.
    boolean counts(CacheGroup group, boolean stores) {
        boolean told = group.kind() != CacheGroup.Kind.UNTOLD;
        if (told && stores && group.index() >= 0 && kinds.size() < GROUPS_MAX) {
            kinds.put(group.index(), group.kind());
        }
        if (told || group.index() < 0) {
            return group.kind() != CacheGroup.Kind.OTHER;
        }
        CacheGroup.Kind known = kinds.get(group.index());
        return known == null ? group.index() == 0 : known == CacheGroup.Kind.MAIN;
    }
}
