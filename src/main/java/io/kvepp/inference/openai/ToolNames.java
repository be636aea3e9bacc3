package io.kvepp.inference.openai;

import io.kvepp.inference.body.MalformedBodyException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One flat name for each function of a response, whose functions may live in namespaces. A name that
/// only one function has is kept; others get an alias made of namespace and name.
///
/// Immutable.
final class ToolNames {
    private static final int STEM_CHARS_MAX = 48;
    private static final Comparator<String> BY_BYTES = ToolNames::compareCodePoints;
    private static final Comparator<Identity> ORDER = Comparator.comparing(
                    Identity::namespace, Comparator.nullsFirst(BY_BYTES))
            .thenComparing(Identity::name, BY_BYTES);

    private final Map<Identity, String> aliases = new HashMap<>();
    private final Set<Identity> available;

    private ToolNames(Set<Identity> available) {
        this.available = available;
    }

    /// - `namespace`: null for a function of its own
    record Identity(@Nullable String namespace, String name) {}

    /// `available` are those that may be chosen; `called` those that earlier turns used.
    static ToolNames of(List<Identity> available, List<Identity> called) {
        ToolNames names = new ToolNames(Set.copyOf(available));
        Set<Identity> all = new TreeSet<>(ORDER);
        all.addAll(available);
        all.addAll(called);
        Map<String, Integer> counts = new HashMap<>();
        for (Identity identity : all) {
            counts.merge(identity.name, 1, Integer::sum);
        }
        Set<String> reserved = new HashSet<>(counts.keySet());
        int next = 0;
        for (Identity identity : all) {
            String alias = identity.name;
            if (counts.getOrDefault(identity.name, 0) > 1) {
                String stem = stem(identity);
                alias = stem;
                while (!reserved.add(alias)) {
                    alias = stem + "_" + next++;
                }
            }
            names.aliases.put(identity, alias);
        }
        return names;
    }

    private static String stem(Identity identity) {
        String qualified = (identity.namespace == null ? "function" : identity.namespace) + "__" + identity.name;
        StringBuilder stem = new StringBuilder();
        qualified.codePoints().limit(STEM_CHARS_MAX).forEach(c -> stem.append(isNameCharacter(c) ? (char) c : '_'));
        return stem.toString();
    }

    private static boolean isNameCharacter(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }

    String encode(Identity identity) {
        return aliases.getOrDefault(identity, identity.name);
    }

    /// The flat name of a chosen function, whose namespace may have been left out.
    String resolve(@Nullable String namespace, String name) throws MalformedBodyException {
        Identity identity = new Identity(namespace, name);
        if (available.contains(identity)) {
            return encode(identity);
        }
        if (namespace == null) {
            List<Identity> same =
                    available.stream().filter(other -> other.name.equals(name)).toList();
            if (same.size() == 1) {
                return encode(same.getFirst());
            }
            if (same.size() > 1) {
                throw ResponseTools.refused(
                        "Responses tool_choice function '" + name + "' is ambiguous without a namespace");
            }
            if (!aliases.containsValue(name)) {
                return name;
            }
        }
        throw ResponseTools.refused("Responses tool_choice references unknown function '" + name + "'");
    }

    /// The order of UTF-8, in which UTF-16 differs beyond the first plane.
    private static int compareCodePoints(String first, String second) {
        int[] left = first.codePoints().toArray();
        int[] right = second.codePoints().toArray();
        return Arrays.compare(left, right);
    }
}
