package io.kvepp.preprocess.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The filters by name.
final class Filters {
    private static final Map<String, Builtin> ALL = all();

    private Filters() {}

    static @Nullable Builtin get(String name) {
        return ALL.get(name);
    }

    private static Map<String, Builtin> all() {
        Map<String, Builtin> filters = new HashMap<>();
        TextFilters.addTo(filters);
        NumberFilters.addTo(filters);
        ListFilters.addTo(filters);
        SelectionFilters.addTo(filters);
        OrderFilters.addTo(filters);
        filters.put("tojson", (render, arguments) -> JsonWriter.filter(render, arguments.withKeywords()));
        Builtin fromJson = Filters::fromJson;
        filters.put("fromjson", fromJson);
        filters.put("from_json", fromJson);
        return Map.copyOf(filters);
    }

    private static Object fromJson(Render render, Arguments arguments) throws JinjaRenderException {
        Object value = arguments.value();
        arguments.end();
        return value instanceof String text ? JsonReader.parse(render.budget, text) : value;
    }
}
