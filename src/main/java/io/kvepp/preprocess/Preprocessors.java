package io.kvepp.preprocess;

import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import io.kvepp.modelfiles.ModelFileStore;
import io.kvepp.preprocess.ModelLoadException.Part;
import io.kvepp.preprocess.PreprocessorState.Failed;
import io.kvepp.preprocess.PreprocessorState.Loading;
import io.kvepp.preprocess.PreprocessorState.Ready;
import io.kvepp.preprocess.tokenizer.CacheUse;
import io.kvepp.worker.card.ModelCard;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The preprocessors of all models that exist, loaded in the background.
///
/// - Cards that name the same files and rules share one preprocessor, whatever worker they are of.
/// - A model whose files cannot be read is tried again after [PreprocessConfig#retryAfter], with
///   the files of another worker if there is one; one whose files cannot be used is not.
/// - No method waits.
///
/// Thread-safe.
public final class Preprocessors {
    private static final Logger LOG = LoggerFactory.getLogger(Preprocessors.class);
    private static final PreprocessorState LOADING = new Loading();

    private final Map<ModelKey, LoadedModel> models = new ConcurrentHashMap<>();
    private final PreprocessorLoader loader;
    private final EppMetrics metrics;
    private final Executor executor;
    private final Clock clock;
    private final Duration retryAfter;
    private CacheUse forgotten = CacheUse.NONE;

    /// `executor` runs the loading; `clock` times retries, and its time and zone are what templates
    /// that print the date see.
    public Preprocessors(
            PreprocessConfig config, ModelFileStore files, EppMetrics metrics, Executor executor, Clock clock) {
        this.loader = new PreprocessorLoader(files, clock, config.nativeTokenizer(), config.renderer());
        this.metrics = metrics;
        this.executor = executor;
        this.clock = clock;
        this.retryAfter = config.retryAfter();
        metrics.bind(Meter.PROMPT_CHARS_KNOWN, () -> cacheUse().charsFound());
        metrics.bind(Meter.PROMPT_CHARS_TOKENIZED, () -> cacheUse().charsMissed());
    }

    /// Of all models there have been.
    private synchronized CacheUse cacheUse() {
        return models.values().stream().map(LoadedModel::cacheUse).reduce(forgotten, CacheUse::plus);
    }

    private synchronized void forgetAllBut(Set<ModelKey> keys) {
        forgotten = models.entrySet().stream()
                .filter(model -> !keys.contains(model.getKey()))
                .map(model -> model.getValue().cacheUse())
                .reduce(forgotten, CacheUse::plus);
        models.keySet().retainAll(keys);
    }

    /// Starts loading the models of these cards that are new, and forgets all others.
    public void retain(Collection<ModelCard> cards) {
        Map<ModelKey, List<ModelCard>> byKey = new LinkedHashMap<>();
        for (ModelCard card : cards) {
            byKey.merge(ModelKey.of(card), List.of(card), Preprocessors::joined);
        }
        forgetAllBut(byKey.keySet());
        byKey.forEach((key, sources) -> {
            LoadedModel model = models.computeIfAbsent(key, _ -> new LoadedModel(sources));
            model.sources(sources);
            start(model);
        });
    }

    /// How far the model of this card is.
    public PreprocessorState stateOf(ModelCard card) {
        LoadedModel model = models.get(ModelKey.of(card));
        if (model == null) {
            return LOADING;
        }
        start(model);
        return model.state();
    }

    private static List<ModelCard> joined(List<ModelCard> some, List<ModelCard> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    private void start(LoadedModel model) {
        if (!model.claim(clock.instant())) {
            return;
        }
        try {
            executor.execute(() -> load(model));
        } catch (RejectedExecutionException e) {
            model.failed("loading was refused: the process is stopping", Instant.MAX);
        }
    }

    private void load(LoadedModel model) {
        ModelCard card = model.nextSource();
        try {
            Preprocessor preprocessor = loader.load(card);
            model.ready(preprocessor);
            metrics.modelLoad("ok");
            LOG.info("model loaded: model={}, format={}", card.name(), preprocessor.format());
        } catch (ModelLoadException e) {
            boolean again = e.part() == Part.FILES;
            model.failed(String.valueOf(e.getMessage()), again ? clock.instant().plus(retryAfter) : Instant.MAX);
            metrics.modelLoad(e.part().name().toLowerCase(Locale.ROOT));
            LOG.warn(
                    "model cannot be loaded, its requests are routed by load: model={}, reason={}",
                    card.name(),
                    e.getMessage());
        } catch (RuntimeException | StackOverflowError e) {
            model.failed("unexpected failure: " + e, Instant.MAX);
            metrics.modelLoad("failed");
            LOG.error("model cannot be loaded, its requests are routed by load: model={}", card.name(), e);
        }
    }

    /// One model's state; a claim is won by one caller and ends with `ready` or `failed`.
    ///
    /// Thread-safe.
    private static final class LoadedModel {
        private List<ModelCard> sources;
        private int attempts;
        private boolean claimed;
        private Instant nextAttempt = Instant.MIN;
        private volatile PreprocessorState state = LOADING;

        /// `cards` holds at least one.
        LoadedModel(List<ModelCard> cards) {
            sources = cards;
        }

        PreprocessorState state() {
            return state;
        }

        CacheUse cacheUse() {
            return state instanceof Ready(var preprocessor) ? preprocessor.cacheUse() : CacheUse.NONE;
        }

        synchronized void sources(List<ModelCard> cards) {
            sources = cards;
        }

        synchronized ModelCard nextSource() {
            return sources.get(attempts++ % sources.size());
        }

        boolean claim(Instant now) {
            if (state instanceof Ready) {
                return false; // the common case takes no lock
            }
            return claimNow(now);
        }

        private synchronized boolean claimNow(Instant now) {
            if (claimed || state instanceof Ready || now.isBefore(nextAttempt)) {
                return false;
            }
            claimed = true;
            return true;
        }

        synchronized void ready(Preprocessor preprocessor) {
            state = new Ready(preprocessor);
            claimed = false;
        }

        synchronized void failed(String reason, Instant retryAt) {
            state = new Failed(reason);
            nextAttempt = retryAt;
            claimed = false;
        }
    }
}
