package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ForeignFlagsTest {
    @Test
    void whatDynamosOperatorSaysIsUnderstoodOrLeftOut() {
        ForeignFlags flags = ForeignFlags.in(new String[] {
            "-v",
            "4",
            "--zap-encoder",
            "json",
            "--grpc-port",
            "9002",
            "--grpc-health-port=9003",
            "--config-file",
            "/c",
            "--namespace",
            "x"
        });

        assertThat(flags.own()).containsExactly("--port", "9002", "--health-port=9003", "--namespace", "x");
        assertThat(flags.ignored()).containsExactly("config-file", "v", "zap-encoder");
    }

    @Test
    void aPoolAndItsNamespaceAreOneOptionHere() {
        assertThat(own("--pool-namespace", "ns", "--pool-name", "p")).containsExactly("--pool", "ns/p");
        assertThat(own("-pool-name=p", "--pool-group=g", "--pool-namespace=ns")).containsExactly("--pool", "ns/p");
        assertThat(own("--pool-name", "p")).containsExactly("--pool", "p");
        assertThat(own("--pool-namespace", "ns")).isEmpty();
        assertThat(own("--pool-name")).containsExactly("--pool", "");
    }

    private static String[] own(String... arguments) {
        return ForeignFlags.in(arguments).own();
    }

    @Test
    void switchesTakeTheirValueOnlyBehindAnEqualsSign() {
        ForeignFlags flags = ForeignFlags.in(
                new String[] {"--tracing=false", "--health-checking", "--enable-pprof", "--port", "1", "--v=5"});

        assertThat(flags.own()).containsExactly("--port", "1");
        assertThat(flags.ignored()).containsExactly("enable-pprof", "health-checking", "tracing", "v");
    }

    @Test
    void whatNobodyKnowsIsLeftToBeRefused() {
        assertThat(ForeignFlags.in(new String[] {"--no-such-flag", "x"}).own()).containsExactly("--no-such-flag", "x");
    }

    @Test
    void noFlagThatIsIgnoredIsAnOptionHere() {
        Set<String> options =
                Main.defaults().stream().map(entry -> entry.name()).collect(Collectors.toSet());

        assertThat(Stream.of(
                                ForeignFlags.VALUES,
                                ForeignFlags.SWITCHES,
                                ForeignFlags.POOL,
                                ForeignFlags.NAMED_HERE.keySet())
                        .flatMap(Set::stream))
                .doesNotContainAnyElementsOf(options);
        assertThat(options).containsAll(ForeignFlags.NAMED_HERE.values());
    }
}
