package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SegmentSlabsTest {
    private static final int BYTES = 100;

    private final SegmentSlabs slabs = new SegmentSlabs(BYTES);

    @Test
    void theArrayOfAForgottenSlabIsTheNextOnes() {
        byte[] array = new byte[BYTES];
        SegmentSlabs.Place place = slabs.placeIn(array, 10);
        slabs.leftEmpty(place.slab());
        assertThat(place.slab().hasStill()).isTrue();

        assertThat(slabs.removeOldest()).isSameAs(place.slab());
        assertThat(place.slab().hasStill()).isFalse();
        assertThat(slabs.spareBytes()).isEqualTo(BYTES);
        assertThat(slabs.takeSpare(BYTES)).isSameAs(array);
        assertThat(slabs.takeSpare(BYTES)).isNull();
    }

    @Test
    void anArrayThatSomebodyStillWritesToIsNobodyElses() {
        SegmentSlabs.Place first = slabs.placeIn(new byte[BYTES], 10);
        assertThat(slabs.placeInLast(10)).isNotNull();
        slabs.leftEmpty(first.slab());

        slabs.removeOldest();

        assertThat(slabs.takeSpare(10)).isNull();
    }

    @Test
    void anArrayOfAnotherSizeIsNotUsedAgain() {
        slabs.leftEmpty(slabs.placeIn(new byte[2 * BYTES], 2 * BYTES).slab());
        slabs.removeOldest();
        assertThat(slabs.spareBytes()).isZero();

        slabs.leftEmpty(slabs.placeIn(new byte[BYTES], 10).slab());
        slabs.removeOldest();
        assertThat(slabs.takeSpare(BYTES + 1)).isNull();
        assertThat(slabs.takeSpare(10)).isNotNull();
    }
}
