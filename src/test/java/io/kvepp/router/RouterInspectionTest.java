package io.kvepp.router;

import static io.kvepp.testing.ModelCards.aggregated;
import static io.kvepp.testing.ModelCards.decode;
import static io.kvepp.testing.ModelCards.prefill;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.picker.PickExplanation;
import io.kvepp.picker.PickExplanation.Candidate;
import io.kvepp.picker.PickExplanation.Choice;
import io.kvepp.picker.PickExplanation.Rules;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickerInspection.ModelRow;
import io.kvepp.picker.PickerInspection.WorkerRow;
import io.kvepp.testing.ModelCards;
import io.kvepp.testing.WarmUpModel;
import io.kvepp.worker.card.ModelFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What operators see of picks, models and workers.
class RouterInspectionTest {
    /// 64 ids: four blocks.
    private static final String IDS = "[" + "7,".repeat(63) + "7]";

    private static final int[] TOKENS = IntStream.generate(() -> 7).limit(64).toArray();

    @TempDir
    Path folder;

    private RouterFixture fixture;
    private ModelFiles files;
    private ModelCards cards;

    @BeforeEach
    void create() throws IOException {
        fixture = new RouterFixture(folder);
        files = WarmUpModel.in(folder);
        cards = aggregated("m").files(files);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void anAggregatedPickIsExplainedWithEveryCandidate() {
        fixture.serve(cards.on(1), cards.on(-1));
        fixture.hold(-1, cards.card(), TOKENS, 3);
        fixture.hold(1, cards.card(), TOKENS, 1);

        assertThat(explained(ids()))
                .isEqualTo(new PickExplanation(
                        "request-1",
                        "m",
                        64,
                        16,
                        "aggregated",
                        "longest prefix: 3 of 4 blocks cached",
                        new Choice("18446744073709551615", 0, 3, 5),
                        null,
                        List.of(new Rules("AGGREGATED", "kv", 2, 1, 0, 1, 0, 0.75, 0.25, 0, true, true, true)),
                        List.of(
                                new Candidate("1", 0, "AGGREGATED", 1, 7, 7, 4, 1, 4, 0, 1),
                                new Candidate("18446744073709551615", 0, "AGGREGATED", 3, 5, 5, 4, 3, 4, 0, 1))));
    }

    @Test
    void aDisaggregatedPickIsExplainedForBothRoles() {
        fixture.serve(
                prefill("m").files(files).on(1),
                prefill("m").files(files).on(2),
                decode("m").files(files).on(3));
        fixture.hold(2, cards.card(), TOKENS, 4);

        assertThat(explained(ids()))
                .isEqualTo(new PickExplanation(
                        "request-1",
                        "m",
                        64,
                        16,
                        "disaggregated",
                        "longest prefix: 4 of 4 blocks cached",
                        new Choice("3", 0, 0, 4),
                        new Choice("2", 0, 4, 0),
                        List.of(
                                new Rules("PREFILL", "kv", 2, 1, 0, 1, 0, 0.75, 0.25, 0, true, false, true),
                                new Rules("DECODE", "kv", 1, 0, 0, 1, 0, 0.75, 0.25, 0, false, true, false)),
                        List.of(
                                new Candidate("1", 0, "PREFILL", 0, 4, 4, 4, 0, 0, 0, 1),
                                new Candidate("2", 0, "PREFILL", 4, 0, 0, 4, 4, 0, 0, 1),
                                new Candidate("3", 0, "DECODE", 0, 4, 4, 0, 0, 4, 0, 1))));
    }

    @Test
    void aPickNobodyHoldsAPrefixForIsTheCheapest() {
        fixture.serve(cards.on(1));

        assertThat(explained(ids()).why()).isEqualTo("nobody holds a prefix; cheapest");
    }

    @Test
    void equalPrefixesAreCounted() {
        fixture.serve(cards.on(1), cards.on(2), cards.on(3));
        fixture.hold(1, cards.card(), TOKENS, 2);
        fixture.hold(3, cards.card(), TOKENS, 2);

        assertThat(explained(ids()).why()).isEqualTo("one of 2 longest prefixes: 2 of 4 blocks cached");
    }

    @Test
    void aBusyHolderOfTheLongestPrefixIsNamedWhenItWasPassedOver() {
        fixture.serve(cards.on(1));
        for (int i = 0; i < 4; i++) {
            fixture.route(fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":\"" + "x".repeat(400) + "\"}"));
        }
        fixture.serve(cards.on(1), cards.on(2));
        fixture.hold(1, cards.card(), TOKENS, 3);

        assertThat(explained(ids()).why()).isEqualTo("cheapest, with 0 of 4 blocks cached; the longest prefix has 3");
    }

    @Test
    void aBookedPickRaisesTheCostOfTheNext() {
        fixture.serve(cards.on(1));
        PickRequest first = ids();
        PickRequest second = fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":[1,2,3]}");

        assertThat(explained(first).decode().cost()).isEqualTo(8);
        assertThat(explained(second).decode().cost()).isEqualTo(4 + 4 + 3 / 16.0);
    }

    @Test
    void onlyTheNewestPicksAreKept() {
        fixture.serve(cards.on(1));
        for (int i = 0; i < RouterFixture.HISTORY_MAX + 2; i++) {
            fixture.route(ids());
        }

        assertThat(fixture.inspection().explanations(99))
                .extracting(PickExplanation::requestId)
                .containsExactly("request-5", "request-4", "request-3");
        assertThat(fixture.inspection().explanations(1))
                .extracting(PickExplanation::requestId)
                .containsExactly("request-5");
        assertThat(fixture.inspection().explanation("request-2")).isEmpty();
    }

    @Test
    void aRequestIdUsedAgainShowsItsLastPick() {
        fixture.serve(cards.on(1));
        PickRequest again = ids();
        fixture.route(again);
        fixture.route(ids());
        fixture.route(again);

        assertThat(fixture.inspection().explanations(99))
                .extracting(PickExplanation::requestId)
                .containsExactly("request-1", "request-2");
    }

    @Test
    void aVeryLongRequestIdIsFoundByItself() {
        fixture.serve(cards.on(1));
        PickRequest request = ids();
        String longId = "x".repeat(100_000);
        fixture.route(new PickRequest(longId, request.method(), request.path(), request.headers(), request.body()));

        assertThat(fixture.inspection().explanation(longId)).isPresent();
    }

    @Test
    void aHistoryOfNoneKeepsNone() {
        try (RouterFixture forgetful = new RouterFixture(folder, true, 0)) {
            forgetful.serve(cards.on(1));
            forgetful.route(forgetful.chat("m", "hello"));

            assertThat(forgetful.inspection().explanations(99)).isEmpty();
        }
    }

    @Test
    void modelsAreShownWithTheirState() {
        fixture.serve(cards.on(1), aggregated("broken").on(2));
        fixture.announce(
                cards.on(1),
                aggregated("broken").on(2),
                aggregated("new").files(files).on(3));

        assertThat(fixture.inspection().models())
                .containsExactly(
                        new ModelRow(
                                "broken",
                                "failed",
                                "tokenizer_config.json: not named by the model card (expected: a file)"),
                        new ModelRow("m", "ready", ""),
                        new ModelRow("new", "loading", ""));
    }

    @Test
    void workersAreShownWithWhatIsUnderWayOnThem() {
        fixture.serve(
                prefill("m").files(files).on(1),
                decode("m").files(files).on(2),
                aggregated("a").files(files).on(-1));
        fixture.route(ids());

        assertThat(fixture.inspection().workers())
                .containsExactly(
                        new WorkerRow("18446744073709551615", 0, "AGGREGATED", "a", 0, 0, 0),
                        new WorkerRow("1", 0, "PREFILL", "m", 1, 64, 0),
                        new WorkerRow("2", 0, "DECODE", "m", 1, 0, 4));
    }

    private PickRequest ids() {
        return fixture.post("/v1/completions", "{\"model\":\"m\",\"prompt\":" + IDS + "}");
    }

    private PickExplanation explained(PickRequest request) {
        fixture.route(request);
        return fixture.inspection().explanation(request.requestId()).orElseThrow();
    }
}
