package io.kvepp.inference.chat;

import io.kvepp.inference.body.MalformedBodyException;
import io.kvepp.inference.body.UnsupportedBodyException;
import io.kvepp.inference.chat.StrictSchema.Place;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The references of a strict schema, and what its root comes to when they are followed.
///
/// Confined to one call.
final class StrictReferences {
    private static final Pattern BAD_PERCENT = Pattern.compile("%(?![0-9a-fA-F]{2})");
    private static final Pattern BAD_TILDE = Pattern.compile("~(?![01])");
    private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,8}");

    private final StrictSchema schema;
    private final List<Place> places;
    private final IdentityHashMap<Object, Place> byValue = new IdentityHashMap<>();
    private final Map<Place, Place> targets = new HashMap<>();

    /// `places`: all places of the schema, the root first.
    StrictReferences(StrictSchema schema, List<Place> places) {
        this.schema = schema;
        this.places = places;
    }

    void check() throws MalformedBodyException, UnsupportedBodyException {
        boolean referring = false;
        boolean identified = false;
        for (Place place : places) {
            if (place.value() instanceof Map<?, ?> map) {
                byValue.put(map, place);
                referring |= map.containsKey(StrictSchema.REF);
                identified |= !place.isRoot() && map.containsKey("$id");
            }
        }
        if (referring && identified) {
            throw UnsupportedBodyException.form("references of a schema with identifiers inside");
        }
        for (Place place : places) {
            if (place.schema().get(StrictSchema.REF) instanceof String reference) {
                targets.put(place, target(place, reference));
            }
        }
        cycles();
        root();
    }

    private Place target(Place from, String reference) throws MalformedBodyException, UnsupportedBodyException {
        if (!reference.startsWith("#")) {
            throw refused(from, "Dynamo supports only document-local references");
        }
        if (BAD_PERCENT.matcher(reference).find()) {
            throw refused(from, "invalid URI-fragment escape");
        }
        String pointer = decoded(from, reference.substring(1));
        if (!pointer.isEmpty() && !pointer.startsWith("/")) {
            throw refused(from, "Dynamo does not support named-anchor references");
        }
        if (BAD_TILDE.matcher(pointer).find()) {
            throw refused(from, "invalid JSON Pointer escape");
        }
        Object found = places.getFirst().value();
        if (!pointer.isEmpty()) {
            for (String key : pointer.substring(1).split("/", -1)) {
                found = member(found, key.replace("~1", "/").replace("~0", "~"));
                if (found == null) {
                    throw refused(from, "reference target does not exist");
                }
            }
        }
        Place place = found == null ? null : byValue.get(found);
        if (place != null) {
            return place;
        }
        if (found instanceof Boolean) {
            throw UnsupportedBodyException.form("a reference to a schema that is true or false");
        }
        throw refused(from, "reference target is not a recognized schema location");
    }

    private String decoded(Place from, String fragment) throws MalformedBodyException {
        byte[] bytes = fragment.getBytes(StandardCharsets.UTF_8);
        ByteBuffer decoded = ByteBuffer.allocate(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '%') {
                decoded.put((byte) (Character.digit(bytes[i + 1], 16) << 4 | Character.digit(bytes[i + 2], 16)));
                i += 2;
            } else {
                decoded.put(bytes[i]);
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
        } catch (CharacterCodingException e) {
            throw refused(from, "reference fragment must decode to UTF-8");
        }
    }

    private static @Nullable Object member(@Nullable Object value, String key) {
        return switch (value) {
            case Map<?, ?> map -> map.get(key);
            case List<?> list
            when INDEX.matcher(key).matches() && Integer.parseInt(key) < list.size() -> list.get(Integer.parseInt(key));
            case null, default -> null;
        };
    }

    private MalformedBodyException refused(Place from, String fault) {
        return schema.refused(from.context() + "/" + StrictSchema.REF, fault);
    }

    private void cycles() throws MalformedBodyException {
        Map<Place, Place> startOf = new HashMap<>();
        for (Place start : places) {
            for (Place at = start; targets.containsKey(at); at = targets.get(at)) {
                Place earlier = startOf.putIfAbsent(at, start);
                if (earlier == start) {
                    throw schema.refused(at.context(), "Dynamo does not support direct reference cycles");
                }
                if (earlier != null) {
                    break;
                }
            }
        }
    }

    /// The root, or what it refers to, is an object and nothing else.
    private void root() throws MalformedBodyException {
        Place root = places.getFirst();
        for (Place at = root; at != null; at = targets.get(at)) {
            if (at.schema().containsKey(StrictSchema.ANY_OF)) {
                throw schema.refused(at.context(), "root must not use anyOf");
            }
            List<?> types = StrictSchema.types(at.schema());
            if (!types.isEmpty() && !types.equals(List.of("object"))) {
                throw schema.refused(at.context(), "root must have object-only type");
            }
            if (!types.isEmpty() && !targets.containsKey(at)) {
                return;
            }
        }
        throw schema.refused(
                root.context(),
                "unsupported root representation: Dynamo requires an object-only type or local-reference chain");
    }
}
