package io.kvepp.routerservice.plane;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.requestplane.ItemStream;
import io.kvepp.routerservice.testing.SelectionFleet;
import io.kvepp.worker.Worker;
import io.kvepp.worker.card.EndpointId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/// The endpoints that look and book, and what is announced.
class RouterEndpointsTest extends RouterFixture {
    private static final EndpointId GENERATE = new EndpointId("dynamo", "router", "generate");

    private Fields ask(String endpoint, Fields request) throws Exception {
        try (ItemStream stream = open(endpoint, request.toBytes())) {
            Fields data = Fields.read(stream.next()).map("data");
            assertThat(stream.next()).isNull();
            return data;
        }
    }

    private static Fields prompt(String requestId) {
        return Fields.none().put("token_ids", Fields.ofTokenIds(PROMPT)).put("request_id", requestId);
    }

    private void startWithTwo() throws Exception {
        start(
                engine(1, FakeEngine::generate).worker(AGGREGATED_CARD, BACKEND),
                engine(2, FakeEngine::generate).worker(AGGREGATED_CARD, BACKEND));
    }

    @Test
    void theBestWorkerIsBookedUntilItIsFreed() throws Exception {
        startWithTwo();
        fleet.hold(2, PROMPT, 2);

        Fields best = ask("find_best_worker", prompt("r"));
        assertThat(best.whole("worker_id")).isEqualTo(2);
        assertThat(best.whole("overlap_blocks")).isEqualTo(2);
        assertThat(fleet.service.bookings()).isEqualTo(1);
        assertThat(ask("find_best_worker", prompt("r")).text("status")).isEqualTo("error");

        Fields freed = ask("free", prompt("r"));
        assertThat(freed.text("status")).isEqualTo("success");
        assertThat(freed.text("message")).isEqualTo("Request r freed successfully");
        awaitNothingBooked();
        assertThat(ask("free", prompt("r")).text("status")).isEqualTo("error");
    }

    @Test
    void aBookingWhoseFreeNeverComesIsGivenBack() throws Exception {
        startWithTwo();
        ask("find_best_worker", prompt("r"));
        fleet.nanos.addAndGet(SelectionFleet.SILENCE_MAX.toNanos() + 1);
        fleet.service.tick();
        awaitNothingBooked();
    }

    @Test
    void withoutAWorkerTheCallerIsToldToHelpItself() throws Exception {
        start();
        assertThat(ask("find_best_worker", prompt("r")).text("status")).isEqualTo("fallback");
    }

    @Test
    void aRequestWithoutItsFieldsIsAnError() throws Exception {
        startWithTwo();
        Fields noId = Fields.none().put("token_ids", Fields.ofTokenIds(PROMPT));
        assertThat(ask("find_best_worker", noId).text("message"))
                .isEqualTo("request_id (expected: a text of 1 to 512 characters)");
        assertThat(ask("free", Fields.none()).text("status")).isEqualTo("error");
    }

    @Test
    void theBestWorkerIdIsToldForTheTokenIdsAloneAndNothingIsBooked() throws Exception {
        startWithTwo();
        fleet.hold(2, PROMPT, 2);
        for (byte[] payload : List.of(Fields.ofTokenIds(PROMPT), prompt("r").toBytes())) {
            try (ItemStream stream = open("best_worker_id", payload)) {
                byte[] id = Fields.read(stream.next()).raw("data");
                assertThat(new MsgpackReader(id).bits64()).isEqualTo(2);
            }
        }
        awaitNothingBooked();
    }

    @Test
    void overlapScoresTellWhatEachRankHolds() throws Exception {
        startWithTwo();
        fleet.hold(2, PROMPT, 2);
        Fields scores = ask("get_overlap_scores", prompt("r"));
        assertThat(scores.whole("block_size")).isEqualTo(16);
        assertThat(scores.whole("num_blocks")).isEqualTo(2);
        MsgpackReader workers = new MsgpackReader(scores.raw("workers"));
        assertThat(workers.arrayHeader()).isEqualTo(2);
        assertThat(Fields.read(workers.raw()).whole("device_blocks")).isZero();
        Fields second = Fields.read(workers.raw());
        assertThat(second.whole("worker_id")).isEqualTo(2);
        assertThat(second.whole("device_blocks")).isEqualTo(2);
        assertThat(second.whole("disk_blocks")).isEqualTo(2);
        assertThat(scores.map("shared_cache").flag("enabled")).isFalse();
    }

    @Test
    void modelsAreAnnouncedWhereThatIsAskedFor() throws Exception {
        start(
                false,
                List.of("announce-models", "true"),
                engine(1, FakeEngine::generate).worker(AGGREGATED_CARD, BACKEND));
        assertThat(models).isEqualTo(Map.of(GENERATE, "dynamo/backend/generate/1"));
    }

    /// prefill-router 4: a strict model is not listed before prefill has joined.
    @Test
    void modelsThatWantAPrefillWorkerAreAnnouncedFromItsComingToItsLeaving() throws Exception {
        Worker decode = engine(1, FakeEngine::generate).worker(DECODE_CARD, BACKEND);
        Worker prefill = engine(2, FakeEngine::prefill).worker(PREFILL_CARD, PREFILL);
        start(true, List.of("announce-models", "true"), decode);
        assertThat(models).isEmpty();

        serve(decode, prefill);
        assertThat(models).isEqualTo(Map.of(GENERATE, "dynamo/backend/generate/1"));
        serve(decode);
        assertThat(models).isEmpty();
        serve(decode, prefill);
        assertThat(models).containsOnlyKeys(GENERATE);
    }

    @Test
    void modelsThatCanDoWithoutAPrefillWorkerAreAnnouncedWithoutOne() throws Exception {
        Worker decode = engine(1, FakeEngine::generate).worker(DECODE_CARD, BACKEND);
        Worker prefill = engine(2, FakeEngine::prefill).worker(PREFILL_CARD, PREFILL);
        start(false, List.of("announce-models", "true"), decode, prefill);
        serve(decode);
        assertThat(models).containsOnlyKeys(GENERATE);
    }

    @Test
    void enforcementMeansNothingToWorkersThatComputePromptsThemselves() throws Exception {
        start(
                true,
                List.of("announce-models", "true"),
                engine(1, FakeEngine::generate).worker(AGGREGATED_CARD, BACKEND));
        assertThat(models).containsOnlyKeys(GENERATE);
    }

    @ParameterizedTest
    @CsvSource({
        "0, ''",
        "16, ''",
        "32, 'router-block-size: 32 (expected: 16, as the workers say, which is what counts)'"
    })
    void whoeverExpectsOtherBlocksThanTheWorkersIsWarned(String blockSize, String warning) throws Exception {
        Worker worker = engine(1, FakeEngine::generate).worker(AGGREGATED_CARD, BACKEND);
        start(false, List.of("router-block-size", blockSize), worker);
        Logger logger = (Logger) LoggerFactory.getLogger(RouterEndpoints.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Level before = logger.getLevel();
        logger.setLevel(Level.WARN);
        logger.addAppender(log);
        try {
            serve(worker);
        } finally {
            logger.detachAppender(log);
            logger.setLevel(before);
        }
        assertThat(log.list.stream().map(ILoggingEvent::getFormattedMessage).toList())
                .isEqualTo(warning.isEmpty() ? List.of() : List.of(warning));

        fleet.hold(1, PROMPT, 2);
        assertThat(ask("get_overlap_scores", prompt("r")).whole("block_size")).isEqualTo(16);
    }
}
