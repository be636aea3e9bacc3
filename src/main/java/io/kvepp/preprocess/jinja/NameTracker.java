package io.kvepp.preprocess.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/// Collects the names that a macro uses without assigning them first: what it encloses.
///
/// Confined to one compilation.
final class NameTracker {
    private final Set<Integer> free = new LinkedHashSet<>();
    private final Deque<Set<Integer>> assigned = new ArrayDeque<>();

    NameTracker() {
        push();
    }

    void push() {
        assigned.push(new HashSet<>());
    }

    void pop() {
        assigned.pop();
    }

    void assign(int name) {
        assigned.element().add(name);
    }

    void use(int name) {
        for (Set<Integer> scope : assigned) {
            if (scope.contains(name)) {
                return;
            }
        }
        free.add(name);
    }

    Set<Integer> free() {
        return free;
    }
}
