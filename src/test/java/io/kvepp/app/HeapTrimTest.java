package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HeapTrimTest {
    private final AtomicLong megabytes = new AtomicLong();
    private final AtomicInteger marks = new AtomicInteger();
    private final HeapTrim trim = new HeapTrim(() -> megabytes.get() << 20, marks::incrementAndGet);

    @Test
    void aHeapThatGrewByAFifthOfItsSmallestSizeIsMarkedOnce() {
        ticks(200, 190, 228);
        assertThat(marks).hasValue(0);
        ticks(229);
        assertThat(marks).hasValue(1);
    }

    @Test
    void whatIsLeftAfterAMarkIsTheNewMeasure() {
        ticks(200, 300, 300, 310, 355);
        assertThat(marks).hasValue(1);
        ticks(361);
        assertThat(marks).hasValue(2);
    }

    @Test
    void aSmallHeapMayGrowByMore() {
        ticks(40, 64);
        assertThat(marks).hasValue(0);
        ticks(65);
        assertThat(marks).hasValue(1);
    }

    private void ticks(long... sizes) {
        for (long size : sizes) {
            megabytes.set(size);
            trim.tick();
        }
    }
}
