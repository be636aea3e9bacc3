package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.config.Options;
import io.kvepp.router.RouterConfig;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PickThreadsTest {
    private final PickThreads threads = new PickThreads(RouterConfig.from(
            new Options(Map.of("pick-threads", List.of("2"), "pick-queue-max", List.of("4")), Map.of())));
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void close() {
        release.countDown();
        threads.close();
    }

    @ParameterizedTest(name = "{0} bytes wait, {1} bytes do not")
    @CsvSource({"1048576, 1048575", "8388608, 40000", "40000, 8388608"})
    void hugeBodiesAndOthersDoNotWaitForEachOther(int busy, int other) throws InterruptedException {
        for (int i = 0; i < 4; i++) {
            threads.execute(busy, this::await);
        }
        CountDownLatch done = new CountDownLatch(1);

        threads.execute(other, done::countDown);

        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void hugeBodiesTakeHalfOfTheThreadsThatOthersHave() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        threads.execute(PickThreads.HUGE_BYTES_MIN, this::await);
        threads.execute(PickThreads.HUGE_BYTES_MIN, begun::countDown);
        CountDownLatch both = new CountDownLatch(2);
        for (int i = 0; i < 2; i++) {
            threads.execute(1, () -> {
                both.countDown();
                await();
            });
        }

        assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(begun.getCount()).isOne();
    }

    @ParameterizedTest
    @CsvSource({"40000, 6", "8388608, 5"})
    void moreThanMayWaitAreRefused(int bytes, int room) {
        for (int i = 0; i < room; i++) {
            threads.execute(bytes, this::await);
        }
        assertThatThrownBy(() -> threads.execute(bytes, this::await)).isInstanceOf(RejectedExecutionException.class);
    }

    private void await() {
        try {
            release.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
