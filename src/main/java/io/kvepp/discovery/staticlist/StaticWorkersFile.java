package io.kvepp.discovery.staticlist;

import static io.kvepp.config.ConfigurationException.check;

import com.dynatrace.hash4j.hashing.Hashing;
import io.kvepp.config.ConfigurationException;
import io.kvepp.config.YamlSection;
import io.kvepp.worker.EngineEvents;
import io.kvepp.worker.EngineEvents.EngineKind;
import io.kvepp.worker.Worker;
import io.kvepp.worker.WorkerSet;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.Renderer;
import io.kvepp.worker.card.RoutingProfile;
import io.kvepp.worker.card.WorkerRole;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Reads the YAML file that lists engines; README, "Engines without Dynamo", describes it. What it
/// does not know is refused, so that no setting is lost in silence.
///
/// A worker's id is a hash of its endpoint: it stays what it was when the file is read again.
///
/// Confined to one reading.
final class StaticWorkersFile {
    private static final int FILE_BYTES_MAX = 4 << 20;
    private static final int BLOCK_SIZE_TOKENS_MAX = 65_536;

    /// Ids that every JSON reader keeps exact.
    private static final long ID_BITS = 0x1F_FFFF_FFFF_FFFFL;

    private static final Set<String> FILE_MEMBERS = Set.of("models");
    private static final Set<String> MODEL_MEMBERS = Set.of(
            "name",
            "aliases",
            "tokenizer",
            "chat_template",
            "renderer",
            "block_size",
            "context_length",
            "lora",
            "workers");
    private static final Set<String> WORKER_MEMBERS =
            Set.of("endpoint", "engine", "role", "events", "replay", "dp_start", "dp_size", "total_kv_blocks", "lora");

    private final Path folder;
    private final Map<Long, Worker> workers = new TreeMap<>(Long::compareUnsigned);
    private final List<EngineEvents> events = new ArrayList<>();
    private final Set<String> models = new HashSet<>();
    private final Set<String> sockets = new HashSet<>();

    /// @param folder what relative paths in the file start from
    private StaticWorkersFile(Path folder) {
        this.folder = folder;
    }

    /// @throws ConfigurationException when the file cannot be read or is not what it should be
    static WorkerSet read(Path file) {
        return set(YamlSection.read(StaticListConfig.OPTION, file, FILE_BYTES_MAX), file.resolveSibling(""));
    }

    static WorkerSet parse(String yaml, Path folder) {
        return set(YamlSection.parse(StaticListConfig.OPTION, yaml, FILE_BYTES_MAX), folder);
    }

    /// The id of the worker with this endpoint.
    static long idOf(String endpoint) {
        return Hashing.xxh3_64().hashBytesToLong(endpoint.getBytes(StandardCharsets.UTF_8)) & ID_BITS;
    }

    private static WorkerSet set(YamlSection root, Path folder) {
        root.allowOnly(FILE_MEMBERS);
        StaticWorkersFile file = new StaticWorkersFile(folder);
        root.sectionsOrNone("models").forEach(file::addModel);
        file.events.sort(
                Comparator.comparing((EngineEvents each) -> each.worker().workerId(), Long::compareUnsigned)
                        .thenComparingInt(each -> each.worker().dpRank()));
        return new WorkerSet(List.copyOf(file.workers.values()), List.of(), List.of(), file.events);
    }

    private void addModel(YamlSection model) {
        model.allowOnly(MODEL_MEMBERS);
        String name = model.text("name");
        check(!name.isBlank(), model.path("name"), name, "a name that is not blank");
        check(models.add(name), model.path("name"), name, "a model that is not listed twice");
        ModelFiles files = StaticModelFiles.of(model, folder);
        for (YamlSection worker : model.sectionsOrNone("workers")) {
            worker.allowOnly(WORKER_MEMBERS);
            addWorker(worker, cards(model, worker, files));
        }
    }

    private void addWorker(YamlSection worker, List<ModelCard> cards) {
        String endpoint = worker.text("endpoint");
        check(StaticAddress.isEndpoint(endpoint), worker.path("endpoint"), endpoint, "ip:port, IPv6 in brackets");
        long id = idOf(endpoint);
        EndpointId component = new EndpointId("static", engine(worker).name().toLowerCase(Locale.ROOT), "generate");
        @Nullable Worker other = workers.put(id, new Worker(id, component, cards, endpoint));
        check(other == null, worker.path("endpoint"), endpoint, "an endpoint that is not listed twice");
        addEvents(worker, id, cards.getFirst());
    }

    private static List<ModelCard> cards(YamlSection model, YamlSection worker, ModelFiles files) {
        List<ModelCard> cards = new ArrayList<>();
        cards.add(card(model, worker, null, files));
        Set<String> adapters = new TreeSet<>(model.texts("lora"));
        adapters.addAll(worker.texts("lora"));
        adapters.forEach(lora -> cards.add(card(model, worker, lora, files)));
        return cards;
    }

    private static ModelCard card(YamlSection model, YamlSection worker, @Nullable String lora, ModelFiles files) {
        return new ModelCard(
                lora == null ? model.text("name") : lora,
                lora == null ? model.texts("aliases") : List.of(),
                lora,
                role(worker),
                KvCacheProfile.of(number(model, "block_size", 0, 1, BLOCK_SIZE_TOKENS_MAX), worker.has("events")),
                new EngineLimits(
                        number(model, "context_length", 0, 0, Integer.MAX_VALUE),
                        number(worker, "total_kv_blocks", 0, 0, Integer.MAX_VALUE),
                        0),
                new DpRanks(
                        number(worker, "dp_start", 0, 0, Integer.MAX_VALUE - WorkerSlots.SLOTS_MAX),
                        number(worker, "dp_size", 1, 1, WorkerSlots.SLOTS_MAX)),
                // vLLM shows a template the tools even of a request that may use none.
                new PromptProfile(
                        engine(worker) == EngineKind.SGLANG, null, null, null, null, List.of(), renderer(model)),
                RoutingProfile.NONE,
                files);
    }

    private static int number(YamlSection section, String name, int absent, int min, int max) {
        @Nullable Long given = section.countOrNull(name);
        long value = given == null ? absent : given;
        check(value >= min && value <= max, section.path(name), given == null ? "absent" : given, min + " to " + max);
        return (int) value;
    }

    private static @Nullable Renderer renderer(YamlSection model) {
        @Nullable String renderer = model.textOrNull("renderer");
        return switch (renderer) {
            case null -> null;
            case "minijinja" -> Renderer.MINIJINJA;
            case "transformers" -> Renderer.TRANSFORMERS;
            default -> throw ConfigurationException.of(model.path("renderer"), renderer, "minijinja or transformers");
        };
    }

    private static WorkerRole role(YamlSection worker) {
        @Nullable String role = worker.textOrNull("role");
        return switch (role) {
            case null -> WorkerRole.AGGREGATED;
            case "aggregated" -> WorkerRole.AGGREGATED;
            case "prefill" -> WorkerRole.PREFILL;
            case "decode" -> WorkerRole.DECODE;
            default -> throw ConfigurationException.of(worker.path("role"), role, "aggregated, prefill or decode");
        };
    }

    private static EngineKind engine(YamlSection worker) {
        String engine = worker.text("engine");
        return switch (engine) {
            case "vllm" -> EngineKind.VLLM;
            case "sglang" -> EngineKind.SGLANG;
            default -> throw ConfigurationException.of(worker.path("engine"), engine, "vllm or sglang");
        };
    }

    /// The sockets of each further rank have the next higher port, as engines bind them.
    private void addEvents(YamlSection worker, long id, ModelCard card) {
        @Nullable String first = worker.textOrNull("events");
        @Nullable String replay = worker.textOrNull("replay");
        boolean useless = first == null && replay != null;
        check(!useless, worker.path("replay"), String.valueOf(replay), "given together with events");
        if (first == null) {
            return;
        }
        for (int i = 0; i < card.ranks().size(); i++) {
            events.add(new EngineEvents(
                    new WorkerWithDpRank(id, card.ranks().start() + i),
                    engine(worker),
                    socket(worker, "events", first, i),
                    replay == null ? null : socket(worker, "replay", replay, i),
                    card.cache().blockSizeTokens()));
        }
    }

    private String socket(YamlSection worker, String name, String first, int offset) {
        @Nullable String address = StaticAddress.socket(first, offset);
        String expected = "tcp://ip:port with room for the ports of all ranks";
        if (address == null) {
            throw ConfigurationException.of(worker.path(name), first, expected);
        }
        check(sockets.add(address), worker.path(name), address, "an address that no other rank has");
        return address;
    }
}
