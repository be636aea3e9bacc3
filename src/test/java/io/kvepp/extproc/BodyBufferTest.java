package io.kvepp.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodyBufferTest {
    @Test
    void whateverTheSizesOfItsPartsTheBodyIsTheSame() {
        Random random = new Random(4);
        BodyBuffer buffer = new BodyBuffer();
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int i = 0; i < 2000; i++) {
            byte[] part = new byte[random.nextInt(20) == 0 ? random.nextInt(40_000) : random.nextInt(300)];
            random.nextBytes(part);
            buffer.append(ByteString.copyFrom(part));
            expected.writeBytes(part);
        }

        assertThat(buffer.bytes()).isEqualTo(expected.size());
        assertThat(buffer.joined().toByteArray()).isEqualTo(expected.toByteArray());
        assertThat(buffer.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void aBodyAsLongAsItWasSaidToBeIsNotCopiedAgain() {
        BodyBuffer buffer = new BodyBuffer(6);
        buffer.append(ByteString.copyFromUtf8("one"));
        buffer.append(ByteString.copyFromUtf8("two"));

        assertThat(buffer.toByteArray()).asString().isEqualTo("onetwo");
        assertThat(buffer.toByteArray()).isSameAs(buffer.toByteArray());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 1, 5, 6, 7, 1 << 20})
    void whatWasHandedOutDoesNotChangeWhenMoreComes(long expectedBytes) {
        BodyBuffer buffer = new BodyBuffer(expectedBytes);
        buffer.append(ByteString.copyFromUtf8("first"));
        byte[] array = buffer.toByteArray();
        ByteString rope = buffer.joined();
        buffer.append(ByteString.copyFromUtf8("second"));

        assertThat(array).asString().isEqualTo("first");
        assertThat(rope.toStringUtf8()).isEqualTo("first");
        assertThat(buffer.joined().toStringUtf8()).isEqualTo("firstsecond");
        assertThat(buffer.messages()).isEqualTo(2);
    }

    @Test
    void roomIsTakenAndGivenBack() {
        BodyBudget budget = new BodyBudget(100);

        assertThat(budget.take(60)).isTrue();
        assertThat(budget.take(41)).isFalse();
        assertThat(budget.take(40)).isTrue();
        budget.giveBack(100);
        assertThat(budget.held()).isZero();
    }
}
