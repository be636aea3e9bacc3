package io.kvepp.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class FewAtATimeTest {
    private static final int QUEUE_MAX = 3;

    private final Deque<Runnable> queue = new ArrayDeque<>();
    private final List<String> ran = new ArrayList<>();
    private final Executor threads = task -> {
        if (queue.size() == QUEUE_MAX) {
            throw new RejectedExecutionException();
        }
        queue.add(task);
    };
    private final FewAtATime large = new FewAtATime(threads, 1, 2);

    @Test
    void aLongTaskLeavesItsTurnToShortOnesThatCameBeforeTheNext() {
        large.execute(() -> ran.add("large 1"));
        large.execute(() -> ran.add("large 2"));
        threads.execute(() -> ran.add("small"));
        runAll();

        assertThat(ran).containsExactly("large 1", "small", "large 2");
    }

    @Test
    void moreThanMayWaitAreRefused() {
        for (int i = 1; i <= 3; i++) {
            String name = "large " + i;
            large.execute(() -> ran.add(name));
        }
        assertThatThrownBy(() -> large.execute(() -> ran.add("large 4")))
                .isInstanceOf(RejectedExecutionException.class);

        runAll();
        assertThat(ran).containsExactly("large 1", "large 2", "large 3");
    }

    @Test
    void whereTheThreadsRefuseTheFirstTaskIsRefusedAndLaterOnesAreNot() {
        fill();
        assertThatThrownBy(() -> large.execute(() -> ran.add("refused")))
                .isInstanceOf(RejectedExecutionException.class);
        runAll();

        large.execute(() -> ran.add("large"));
        runAll();
        assertThat(ran).containsExactly("large");
    }

    @Test
    void aTaskThatWaitedRunsAtOnceWhereTheThreadsRefuseIt() {
        large.execute(this::fill);
        large.execute(() -> ran.add("large 2"));
        queue.remove().run();

        assertThat(ran).containsExactly("large 2");
    }

    @Test
    void aTaskThatFailsDoesNotHoldItsPlace() {
        large.execute(() -> {
            throw new IllegalStateException("fails");
        });
        assertThatThrownBy(() -> queue.remove().run()).isInstanceOf(IllegalStateException.class);
        large.execute(() -> ran.add("large 2"));
        runAll();

        assertThat(ran).containsExactly("large 2");
    }

    private void fill() {
        while (queue.size() < QUEUE_MAX) {
            queue.add(() -> {});
        }
    }

    private void runAll() {
        while (!queue.isEmpty()) {
            queue.remove().run();
        }
    }
}
