package io.kvepp.kvcache;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The blocks for which one rank has, or had lately, more than one external hash.
///
/// The first name of a block is where all names are: the run's, or an alias. Further ones are here,
/// and here is by which of its names the rank holds the block in which tiers, as sets of bits.
///
/// Confined to the index's writer.
final class Doubles {
    private static final class Names {
        int firstTiers;
        final Map<Long, Integer> furtherTiers = new HashMap<>();
    }

    private final Map<Long, Long> placeOfFurther = new HashMap<>();
    private final Map<Long, Names> atPlace = new HashMap<>();

    boolean isEmpty() {
        return atPlace.isEmpty();
    }

    boolean isAt(long place) {
        return atPlace.containsKey(place);
    }

    /// The block of a further name, or [Place#NONE].
    long placeOf(long name) {
        return placeOfFurther.getOrDefault(name, Place.NONE);
    }

    /// The tiers in which the first name stands for the block.
    int firstTiers(long place) {
        return names(place).firstTiers;
    }

    void setFirstTiers(long place, int tiers) {
        names(place).firstTiers = tiers;
        forgetIfSingle(place);
    }

    int furtherTiers(long place, long name) {
        return names(place).furtherTiers.getOrDefault(name, 0);
    }

    /// @param tiers 0 to forget the name
    void setFurtherTiers(long place, long name, int tiers) {
        Names names = names(place);
        if (tiers == 0) {
            names.furtherTiers.remove(name);
            placeOfFurther.remove(name);
            forgetIfSingle(place);
        } else {
            names.furtherTiers.put(name, tiers);
            placeOfFurther.put(name, place);
        }
    }

    /// From now on the block may have further names.
    void begin(long place, int firstTiers) {
        atPlace.computeIfAbsent(place, _ -> new Names()).firstTiers = firstTiers;
    }

    /// The tiers in which any name stands for the block.
    int allTiers(long place) {
        Names names = names(place);
        int tiers = names.firstTiers;
        for (int further : names.furtherTiers.values()) {
            tiers |= further;
        }
        return tiers;
    }

    Map<Long, Integer> further(long place) {
        return Map.copyOf(names(place).furtherTiers);
    }

    private Names names(long place) {
        @Nullable Names names = atPlace.get(place);
        if (names == null) {
            throw new IllegalStateException("place: one name (expected: more)");
        }
        return names;
    }

    private void forgetIfSingle(long place) {
        if (names(place).furtherTiers.isEmpty()) {
            atPlace.remove(place);
        }
    }
}
