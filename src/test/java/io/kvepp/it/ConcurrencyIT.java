package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.http.Completion;
import io.kvepp.it.http.Headers;
import io.kvepp.it.http.InferenceClient;
import io.kvepp.it.http.RawExchange;
import io.kvepp.it.process.Await;
import io.kvepp.it.stack.Deployment;
import io.kvepp.it.stack.Deployments;
import io.kvepp.it.stack.Deployments.Aggregated;
import io.kvepp.it.stack.Deployments.Disaggregated;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Many requests at once, and clients that leave: every answer is whole and every booking given
/// back.
@ExtendWith(Deployments.class)
class ConcurrencyIT {
    private static final int REQUESTS = 200;
    private static final int PREFIXES = 20;
    private static final int LEAVING = 16;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Test
    void aggregatedStreamsAllEndWell(@Aggregated Deployment deployment) throws Exception {
        allEndWell(deployment, 4_000_000);
    }

    @Test
    void disaggregatedStreamsAllEndWell(@Disaggregated Deployment deployment) throws Exception {
        allEndWell(deployment, 4_100_000);
    }

    @Test
    void aggregatedClientsThatLeaveHoldNothing(@Aggregated Deployment deployment) {
        leave(deployment);
    }

    @Test
    void disaggregatedClientsThatLeaveHoldNothing(@Disaggregated Deployment deployment) {
        leave(deployment);
    }

    private static void allEndWell(Deployment deployment, long seed) throws InterruptedException, ExecutionException {
        List<Future<Completion>> answers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < REQUESTS; i++) {
                String prefix = Prompts.text(seed + i % PREFIXES, 80);
                String body = Prompts.streamed(
                                Prompts.chat(deployment.model(), 16, prefix, Prompts.text(seed + 1000 + i, 10)))
                        .toString();
                answers.add(threads.submit(() -> deployment.client().complete(InferenceClient.CHAT, body)));
            }
        }

        for (Future<Completion> answer : answers) {
            assertThat(answer.get().isGood()).as("%s", answer.get()).isTrue();
        }
        awaitNoBookings(deployment);
    }

    private static void leave(Deployment deployment) {
        double abortedBefore = aborted(deployment);
        List<RawExchange> exchanges = new ArrayList<>();
        for (int i = 0; i < LEAVING; i++) {
            exchanges.add(startStream(deployment, 4_200_000 + i));
        }
        exchanges.forEach(exchange -> exchange.awaitLine("data:"));
        assertThat(deployment.gateway().admin().bookings())
                .as("bookings while streams run")
                .isPositive();

        exchanges.forEach(RawExchange::close);

        awaitNoBookings(deployment);
        assertThat(aborted(deployment) - abortedBefore).as("aborted streams").isEqualTo(LEAVING);
    }

    private static double aborted(Deployment deployment) {
        return deployment.gateway().admin().metric("kv_epp_ext_proc_streams_total", "end=\"aborted\"");
    }

    private static RawExchange startStream(Deployment deployment, long seed) {
        byte[] body = Prompts.streamed(Prompts.chat(deployment.model(), 20_000, "s", Prompts.text(seed, 20)))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        Headers headers = Headers.of(
                "content-type", "application/json",
                "content-length", Integer.toString(body.length),
                "x-request-id", UUID.randomUUID().toString());
        return new RawExchange(deployment.gateway().port())
                .head("POST", InferenceClient.CHAT, headers)
                .write(body);
    }

    private static void awaitNoBookings(Deployment deployment) {
        Await.until(
                "no booking is left", LIMIT, () -> deployment.gateway().admin().bookings() == 0);
        Await.until(
                "no ext_proc stream is left",
                LIMIT,
                () -> deployment.gateway().admin().metric("kv_epp_ext_proc_streams_open") == 0);
    }
}
