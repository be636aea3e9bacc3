package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvepp.inference.body.BodyApi.Tolerance;
import io.kvepp.inference.body.FieldTable.Rule;
import io.kvepp.inference.json.JsonValues;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The top-level fields of a body, read in one scan.
///
/// - `fields`: those the API keeps, of the shapes it declares; null for one that is null
/// - `unknown`: names of the first few fields that a closed API does not know
///
/// Immutable.
public record BodyScan(Fields fields, NvExt nvext, List<String> unknown) {
    private static final int UNKNOWN_MAX = 16;
    private static final int NAME_CHARS_SHOWN_MAX = 64;
    private static final String NVEXT = "nvext";

    /// A name for a message, cut when it is long.
    static String shown(String name) {
        return name.length() <= NAME_CHARS_SHOWN_MAX ? name : name.substring(0, NAME_CHARS_SHOWN_MAX);
    }

    static BodyScan of(JsonParser parser, FieldTable table, Tolerance tolerance)
            throws IOException, MalformedBodyException, UnsupportedBodyException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw MalformedBodyException.body("no JSON object", "a JSON object");
        }
        Scan scan = new Scan(parser, table, tolerance);
        scan.body();
        // The reader of strict bodies stops behind the object.
        if (tolerance != Tolerance.STRICT && parser.nextToken() != null) {
            throw MalformedBodyException.body("text after the JSON object", "one JSON object");
        }
        return new BodyScan(new Fields(scan.fields, ""), scan.nvext, scan.unknown);
    }

    BodyScan withoutTarget() {
        return new BodyScan(fields, nvext.withoutTarget(), unknown);
    }

    BodyScan withoutExtension() {
        return new BodyScan(fields, nvext.saltOnly(), unknown);
    }

    /// Confined to one call.
    private static final class Scan {
        private final JsonParser parser;
        private final FieldTable table;
        private final Tolerance tolerance;
        private final Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        private final List<String> unknown = new ArrayList<>();
        private NvExt nvext;
        private boolean nvextSeen;

        Scan(JsonParser parser, FieldTable table, Tolerance tolerance) {
            this.parser = parser;
            this.table = table;
            this.tolerance = tolerance;
            NvExt absent =
                    NvExt.absent(Math.toIntExact(parser.currentTokenLocation().getByteOffset()));
            nvext = tolerance == Tolerance.REPAIRED_WITHOUT_TOKENS ? absent.withoutTarget() : absent;
        }

        void body() throws IOException, MalformedBodyException, UnsupportedBodyException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                Rule rule = table.rule(name);
                if (name.equals(NVEXT)) {
                    nvext();
                } else if (rule != null) {
                    field(rule);
                } else {
                    unknown(name);
                }
            }
        }

        private void field(Rule rule) throws IOException, MalformedBodyException, UnsupportedBodyException {
            if (rule.once() && fields.containsKey(rule.name())) {
                throw MalformedBodyException.type(rule.name(), "given twice", "once");
            }
            Object value = rule.reader().read(parser);
            fields.put(rule.name(), rule.kept() ? value : null);
        }

        private void nvext() throws IOException, MalformedBodyException, UnsupportedBodyException {
            if (nvextSeen) {
                throw MalformedBodyException.type(NVEXT, "given twice", "once");
            }
            nvextSeen = true;
            nvext = switch (tolerance) {
                case REPAIRED -> NvExt.read(parser);
                case REPAIRED_WITHOUT_TOKENS -> NvExt.ofEmbeddings(parser);
                case STRICT -> NvExt.converted(parser);
            };
        }

        private void unknown(String name) throws IOException {
            if (table.isClosed() && unknown.size() < UNKNOWN_MAX && !unknown.contains(shown(name))) {
                unknown.add(shown(name));
            }
            if (tolerance == Tolerance.STRICT) {
                parser.skipChildren();
            } else {
                JsonValues.skip(parser);
            }
        }
    }
}
