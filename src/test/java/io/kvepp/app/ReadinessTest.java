package io.kvepp.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private final AtomicBoolean first = new AtomicBoolean();
    private final AtomicBoolean second = new AtomicBoolean();
    private final Readiness readiness =
            new Readiness().require("comes and goes", first::get).requireOnce("once", second::get);

    @Test
    void everyConditionMustHold() {
        assertThat(readiness.isReady()).isFalse();
        first.set(true);
        assertThat(readiness.isReady()).isFalse();
        second.set(true);
        assertThat(readiness.isReady()).isTrue();
    }

    @Test
    void aConditionThatComesAndGoesTakesReadinessWithIt() {
        first.set(true);
        second.set(true);
        assertThat(readiness.isReady()).isTrue();
        first.set(false);
        assertThat(readiness.isReady()).isFalse();
    }

    @Test
    void aConditionOfTheStartStaysTrueOnceItHeld() {
        first.set(true);
        second.set(true);
        assertThat(readiness.isReady()).isTrue();
        second.set(false);
        assertThat(readiness.isReady()).isTrue();
    }

    @Test
    void drainingEndsReadinessForGood() {
        first.set(true);
        second.set(true);
        readiness.drain();

        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.report().conditions()).containsEntry("not draining", false);
    }

    @Test
    void theReportNamesEveryConditionInOrder() {
        second.set(true);

        assertThat(readiness.report().ready()).isFalse();
        assertThat(readiness.report().conditions()).hasToString("{comes and goes=false, once=true, not draining=true}");
    }
}
