package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvevents.EventCursor.Step;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EventCursorTest {
    static Stream<Arguments> histories() {
        return Stream.of(
                Arguments.of(List.of(1L), new Step.Initial(0)),
                Arguments.of(List.of(0L), new Step.Initial(0)),
                Arguments.of(List.of(5L), new Step.Initial(4)),
                Arguments.of(List.of(1L, 2L), new Step.Contiguous()),
                Arguments.of(List.of(5L, 6L), new Step.Contiguous()),
                Arguments.of(List.of(1L, 1L), new Step.Stale()),
                Arguments.of(List.of(5L, 4L), new Step.Stale()),
                Arguments.of(List.of(5L, 5L), new Step.Stale()),
                Arguments.of(List.of(5L, 0L), new Step.Stale()),
                Arguments.of(List.of(1L, 3L), new Step.Gap(1)),
                Arguments.of(List.of(5L, 106L), new Step.Gap(100)),
                Arguments.of(List.of(5L, 1L), new Step.Restarted()),
                Arguments.of(List.of(2L, 1L), new Step.Restarted()),
                Arguments.of(List.of(5L, 1L, 2L), new Step.Contiguous()),
                Arguments.of(List.of(5L, 7L, 8L), new Step.Contiguous()),
                Arguments.of(List.of(5L, 4L, 6L), new Step.Contiguous()),
                Arguments.of(List.of(Long.MAX_VALUE, Long.MIN_VALUE), new Step.Contiguous()),
                Arguments.of(List.of(-2L, 5L), new Step.Stale()));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @MethodSource("histories")
    void saysWhatTheLastIdOfAHistoryMeans(List<Long> ids, Step expected) {
        EventCursor cursor = new EventCursor();
        ids.subList(0, ids.size() - 1).forEach(cursor::advance);

        assertThat(cursor.advance(ids.getLast())).isEqualTo(expected);
    }

    @Test
    void afterAResetTheNextIdIsTheFirstOne() {
        EventCursor cursor = new EventCursor();
        cursor.advance(9);
        cursor.reset();

        assertThat(cursor.advance(3)).isEqualTo(new Step.Initial(2));
    }
}
