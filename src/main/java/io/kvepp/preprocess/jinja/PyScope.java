package io.kvepp.preprocess.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The names that one scope of a template mentions, in order.
///
/// jinja2 decides when it compiles where a name comes from: one that a scope first mentions by
/// setting it is its own from the start, undefined until then, also for the scopes inside it and
/// even if the context has it. [#shadowed] are those names.
///
/// Confined to one compilation; once [#resolve] has run, immutable.
final class PyScope {
    /// Where the value of a name comes from when its scope begins.
    private enum Origin {
        CONTEXT,
        OUTER_SCOPE,
        NOWHERE,
        PARAMETER
    }

    private sealed interface Mention {}

    private record Load(int name) implements Mention {}

    private record Store(int name) implements Mention {}

    private record Parameter(int name) implements Mention {}

    /// What a branch of an `if` mentions, which may not run.
    private record Branch(List<Mention> mentions) implements Mention {}

    private final @Nullable PyScope parent;
    private final List<PyScope> children = new ArrayList<>();
    private final List<Mention> mentions = new ArrayList<>();
    private final Deque<List<Mention>> open = new ArrayDeque<>();
    private List<Mention> current = mentions;
    private Map<Integer, Origin> origins = Map.of();
    private int[] shadowed = new int[0];

    PyScope(@Nullable PyScope parent) {
        this.parent = parent;
        if (parent != null) {
            parent.children.add(this);
        }
    }

    void load(int name) {
        current.add(new Load(name));
    }

    void store(int name) {
        current.add(new Store(name));
    }

    void parameter(int name) {
        current.add(new Parameter(name));
    }

    /// What is mentioned from here to [#endBranch] may not run.
    void beginBranch() {
        Branch branch = new Branch(new ArrayList<>());
        current.add(branch);
        open.push(current);
        current = branch.mentions();
    }

    void endBranch() {
        current = open.pop();
    }

    /// Works out the origins of all names, in this scope and those inside it.
    void resolve() {
        Symbols symbols = new Symbols(parent);
        symbols.addAll(mentions);
        origins = symbols.origins;
        shadowed = origins.entrySet().stream()
                .filter(entry -> entry.getValue() == Origin.NOWHERE)
                .mapToInt(Map.Entry::getKey)
                .toArray();
        children.forEach(PyScope::resolve);
    }

    int[] shadowed() {
        return shadowed;
    }

    private boolean knows(int name) {
        return origins.containsKey(name) || (parent != null && parent.knows(name));
    }

    /// What is known of the names after some of the mentions.
    private static final class Symbols {
        private final @Nullable PyScope outer;
        private final Map<Integer, Origin> origins = new HashMap<>();
        private final Set<Integer> stores = new HashSet<>();

        Symbols(@Nullable PyScope outer) {
            this.outer = outer;
        }

        private boolean isOuter(int name) {
            return outer != null && outer.knows(name);
        }

        void addAll(List<Mention> mentions) {
            for (Mention mention : mentions) {
                switch (mention) {
                    case Load(var name) -> {
                        if (!isOuter(name)) {
                            origins.putIfAbsent(name, Origin.CONTEXT);
                        }
                    }
                    case Store(var name) -> {
                        stores.add(name);
                        origins.putIfAbsent(name, isOuter(name) ? Origin.OUTER_SCOPE : Origin.NOWHERE);
                    }
                    case Parameter(var name) -> {
                        stores.add(name);
                        origins.put(name, Origin.PARAMETER);
                    }
                    case Branch(var branch) -> addBranch(branch);
                }
            }
        }

        /// A name that only the branch sets keeps what it had before when the branch does not run.
        private void addBranch(List<Mention> branch) {
            Symbols inside = new Symbols(outer);
            inside.origins.putAll(origins);
            inside.stores.addAll(stores);
            inside.addAll(branch);
            origins.putAll(inside.origins);
            for (int name : inside.stores) {
                if (stores.add(name)) {
                    origins.put(name, isOuter(name) ? Origin.OUTER_SCOPE : Origin.CONTEXT);
                }
            }
        }
    }
}
