package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Numbers the variable names of a template.
///
/// Confined to one compilation.
final class Names {
    /// The number of `loop`, which every frame of a loop binds.
    static final int LOOP = 0;

    /// The number of `caller`, which a call block hands to its macro.
    static final int CALLER = 1;

    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<String> names = new ArrayList<>();

    Names() {
        number("loop");
        number("caller");
    }

    int number(String name) {
        return numbers.computeIfAbsent(name, added -> {
            names.add(added);
            return names.size() - 1;
        });
    }

    String[] all() {
        return names.toArray(String[]::new);
    }
}
