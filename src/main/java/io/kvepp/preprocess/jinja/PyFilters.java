package io.kvepp.preprocess.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The filters of jinja2 by name, with transformers' own `tojson`. Those that are random, make HTML
/// links or fill paragraphs are not supported.
final class PyFilters {
    private static final Map<String, PyFunction> ALL = all();

    private PyFilters() {}

    static @Nullable PyFunction get(String name) {
        return ALL.get(name);
    }

    private static Map<String, PyFunction> all() {
        Map<String, PyFunction> filters = new HashMap<>();
        PyTextFilters.addTo(filters);
        PyNumberFilters.addTo(filters);
        PyListFilters.addTo(filters);
        PySelectionFilters.addTo(filters);
        PyOrderFilters.addTo(filters);
        filters.put("tojson", PyJson::filter);
        return Map.copyOf(filters);
    }
}
