package io.kvepp.inference.body;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.testing.BodyGenerator;
import io.kvepp.inference.testing.BodyMutator;
import io.kvepp.inference.testing.HostileBody;
import io.kvepp.inference.testing.SampleBody;
import io.kvepp.testing.RequestParsers;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever a client sends is answered, soon, and with memory in proportion to what it sent.
class HostileBodiesTest {
    private static final int MUTATIONS = 100_000;

    /// Bytes allocated for each byte of a body: objects of one letter each are the dearest.
    private static final long ALLOCATED_PER_BYTE_MAX = 100;
    private static final long ALLOCATED_FIXED_MAX = 1 << 20;

    private static final RequestParser PARSER = RequestParsers.all();

    static List<HostileBody> hostile() {
        return HostileBody.all("m");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    @Timeout(30)
    void everyBodyIsAnsweredWithMemoryInProportion(HostileBody hostile) {
        long before = allocated();
        ParseResult result = PARSER.parse(hostile.path(), "application/json", null, hostile.body());
        long allocated = allocated() - before;
        assertThat(result).as("%s", hostile.verdict()).matches(hostile.verdict()::isOf);
        assertThat(allocated)
                .as("bytes allocated for %d of body", hostile.body().length)
                .isLessThan(ALLOCATED_FIXED_MAX + ALLOCATED_PER_BYTE_MAX * hostile.body().length);
    }

    @Test
    @Timeout(300)
    void aHundredThousandMutantsAreAnsweredWithMemoryInProportion() {
        BodyGenerator generator = new BodyGenerator(1, "m");
        BodyMutator mutator = new BodyMutator(2);
        List<SampleBody> handMade = SampleBody.handMade("m").stream()
                .filter(sample -> sample.body().length < 4096)
                .toList();
        Map<String, Integer> verdicts = new TreeMap<>();
        for (int i = 0; i < MUTATIONS; i++) {
            SampleBody valid = i % 2 == 0 ? generator.next() : handMade.get(i / 2 % handMade.size());
            byte[] mutant = mutator.mutated(valid.body());
            long before = allocated();
            ParseResult result = PARSER.parse(valid.path(), "application/json", null, mutant);
            long allocated = allocated() - before;
            verdicts.merge(result.getClass().getSimpleName(), 1, Integer::sum);
            assertThat(allocated)
                    .as("bytes allocated for %s", new String(mutant, StandardCharsets.UTF_8))
                    .isLessThan(ALLOCATED_FIXED_MAX + ALLOCATED_PER_BYTE_MAX * mutant.length);
        }
        assertThat(verdicts.get("Parsed")).isGreaterThan(MUTATIONS / 20);
        assertThat(verdicts.get("Malformed")).isGreaterThan(MUTATIONS / 20);
        assertThat(verdicts.get("Unparsed")).isBetween(1, MUTATIONS / 50);
    }

    /// The bodies of the fuzz are valid before they are changed.
    @Test
    void everyGeneratedBodyIsRead() {
        BodyGenerator generator = new BodyGenerator(3, "m");
        for (int i = 0; i < 2_000; i++) {
            SampleBody body = generator.next();
            assertThat(PARSER.parse(body.path(), "application/json", null, body.body()))
                    .as(new String(body.body(), StandardCharsets.UTF_8))
                    .isInstanceOf(Parsed.class);
        }
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
