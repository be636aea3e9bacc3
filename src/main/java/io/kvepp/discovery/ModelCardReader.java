package io.kvepp.discovery;

import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.card.Bootstrap;
import io.kvepp.worker.card.DpRanks;
import io.kvepp.worker.card.EndpointId;
import io.kvepp.worker.card.EngineLimits;
import io.kvepp.worker.card.FileReference;
import io.kvepp.worker.card.KvCacheProfile;
import io.kvepp.worker.card.KvTransfer;
import io.kvepp.worker.card.ModelCard;
import io.kvepp.worker.card.ModelFiles;
import io.kvepp.worker.card.PromptProfile;
import io.kvepp.worker.card.RoutingProfile;
import io.kvepp.worker.card.WorkerRole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads Dynamo's model deployment card. Unknown fields are ignored, absent ones have Dynamo's
/// defaults, and values out of range are errors.
///
/// Source: Dynamo `lib/llm/src/model_card` and `lib/llm/src/local_model/runtime_config`.
///
/// Immutable, thread-safe.
final class ModelCardReader {
    private static final int BLOCK_SIZE_TOKENS_MAX = 65_536;
    private static final String SUPPORTED_SOURCE_MODE = "framework_v1";

    private ModelCardReader() {}

    static ModelCard read(JsonObject card) throws MalformedRecordException {
        @Nullable JsonObject runtime = card.objectOrNull("runtime_config");
        JsonObject config = runtime == null ? DiscoveryRecordReader.emptyObject("runtime_config") : runtime;
        @Nullable JsonObject lora = card.objectOrNull("lora");
        return new ModelCard(
                card.string("display_name"),
                card.strings("aliases"),
                lora == null ? null : lora.string("name"),
                role(card),
                cache(card, config),
                limits(card, config),
                ranks(config),
                prompt(card, config),
                routing(card, config),
                files(card));
    }

    private static KvCacheProfile cache(JsonObject card, JsonObject config) throws MalformedRecordException {
        return new KvCacheProfile(
                card.integer("kv_cache_block_size", 1, BLOCK_SIZE_TOKENS_MAX),
                config.flag("enable_eagle", false),
                foreignSourceMode(card) == null && config.flag("kv_event_publishing_enabled", true),
                endpointOrNull(config.objectOrNull("kv_state_endpoint")));
    }

    private static EngineLimits limits(JsonObject card, JsonObject config) throws MalformedRecordException {
        return new EngineLimits(
                contextLength(card, config),
                config.integer("total_kv_blocks", 0, 0, Integer.MAX_VALUE),
                config.integer("max_num_batched_tokens", 0, 0, Integer.MAX_VALUE));
    }

    private static DpRanks ranks(JsonObject config) throws MalformedRecordException {
        return new DpRanks(
                config.integer("data_parallel_start_rank", 0, 0, Integer.MAX_VALUE - WorkerSlots.SLOTS_MAX),
                config.integer("data_parallel_size", 1, 1, WorkerSlots.SLOTS_MAX));
    }

    private static PromptProfile prompt(JsonObject card, JsonObject config) throws MalformedRecordException {
        @Nullable JsonObject data = config.objectOrNull("runtime_data");
        return new PromptProfile(
                config.flag("exclude_tools_when_tool_choice_none", true),
                config.stringOrNull("reasoning_parser"),
                config.stringOrNull("tool_call_parser"),
                config.stringOrNull("tool_call_arguments_format"),
                data == null ? null : data.textOrNull("default_thinking_mode"),
                card.strings("prompt_context"));
    }

    private static RoutingProfile routing(JsonObject card, JsonObject config) throws MalformedRecordException {
        @Nullable JsonObject router = card.objectOrNull("router_config");
        return new RoutingProfile(
                router == null ? null : router.stringOrNull("router_mode"),
                Set.copyOf(config.strings("taints")),
                kvTransfer(config),
                bootstrap(config));
    }

    private static @Nullable Bootstrap bootstrap(JsonObject config) throws MalformedRecordException {
        @Nullable JsonObject endpoint = config.objectOrNull("disaggregated_endpoint");
        @Nullable String host = endpoint == null ? null : endpoint.stringOrNull("bootstrap_host");
        int port = endpoint == null ? 0 : endpoint.integer("bootstrap_port", 0, 0, 65_535);
        return host == null || port == 0 ? null : new Bootstrap(host, port);
    }

    private static KvTransfer kvTransfer(JsonObject config) throws MalformedRecordException {
        @Nullable JsonObject domains = config.objectOrNull("topology_domains");
        @Nullable String enforcement = config.stringOrNull("kv_transfer_enforcement");
        return new KvTransfer(
                domains == null ? Map.of() : domains.texts(),
                config.stringOrNull("kv_transfer_domain"),
                switch (enforcement) {
                    case null -> null;
                    case "required" -> KvTransfer.Enforcement.REQUIRED;
                    case "preferred" -> KvTransfer.Enforcement.PREFERRED;
                    default -> throw config.malformed("kv_transfer_enforcement", "required or preferred");
                },
                config.decimalOrNull("kv_transfer_preferred_weight"));
    }

    /// The mode in which the worker's KV events are announced, or null when it is one this process
    /// reads.
    static @Nullable String foreignSourceMode(JsonObject card) throws MalformedRecordException {
        @Nullable JsonObject config = card.objectOrNull("runtime_config");
        @Nullable String mode = config == null ? null : config.stringOrNull("kv_event_source_mode");
        return mode == null || mode.equals(SUPPORTED_SOURCE_MODE) ? null : mode;
    }

    static EndpointId endpoint(JsonObject endpoint) throws MalformedRecordException {
        return new EndpointId(endpoint.string("namespace"), endpoint.string("component"), endpoint.string("name"));
    }

    private static @Nullable EndpointId endpointOrNull(@Nullable JsonObject endpoint) throws MalformedRecordException {
        return endpoint == null ? null : endpoint(endpoint);
    }

    private static WorkerRole role(JsonObject card) throws MalformedRecordException {
        @Nullable String type = card.stringOrNull("worker_type");
        if (type == null) {
            return legacyRole(card.stringOrNull("model_type"));
        }
        return switch (type) {
            case "prefill" -> WorkerRole.PREFILL;
            case "decode" -> WorkerRole.DECODE;
            case "encode" -> WorkerRole.ENCODE;
            case "aggregated" -> WorkerRole.AGGREGATED;
            default -> throw card.malformed("worker_type", "prefill, decode, encode or aggregated");
        };
    }

    private static WorkerRole legacyRole(@Nullable String modelType) {
        boolean prefill = modelType != null
                && Arrays.stream(modelType.split("\\|", -1))
                        .anyMatch(name -> name.strip().equals("Prefill"));
        return prefill ? WorkerRole.PREFILL : WorkerRole.AGGREGATED;
    }

    /// The engine's own limit wins over what the model's architecture allows.
    private static int contextLength(JsonObject card, JsonObject config) throws MalformedRecordException {
        int architectural = card.integer("architectural_max_context_length", 0, 0, Integer.MAX_VALUE);
        int declared = card.integer("context_length", architectural, 0, Integer.MAX_VALUE);
        return config.integer("context_length", declared, 0, Integer.MAX_VALUE);
    }

    private static ModelFiles files(JsonObject card) throws MalformedRecordException {
        @Nullable JsonObject formatter = card.objectOrNull("prompt_formatter");
        @Nullable FileReference template = template(card.objectOrNull("chat_template_file"));
        return new ModelFiles(
                file(card.objectOrNull("model_info"), "hf_config_json"),
                tokenizer(card.objectOrNull("tokenizer")),
                file(formatter, "hf_tokenizer_config_json"),
                template == null ? template(formatter) : template,
                extraFiles(card));
    }

    private static @Nullable FileReference tokenizer(@Nullable JsonObject artifact) throws MalformedRecordException {
        @Nullable FileReference huggingFace = file(artifact, "hf_tokenizer_json");
        return huggingFace == null ? file(artifact, "tik_token_model") : huggingFace;
    }

    private static @Nullable FileReference template(@Nullable JsonObject artifact) throws MalformedRecordException {
        for (String variant : List.of("hf_chat_template", "hf_chat_template_jinja", "hf_chat_template_json")) {
            @Nullable FileReference file = file(artifact, variant);
            if (file != null) {
                return file;
            }
        }
        return null;
    }

    private static List<FileReference> extraFiles(JsonObject card) throws MalformedRecordException {
        List<FileReference> files = new ArrayList<>();
        for (JsonObject file : card.objects("extra_files")) {
            files.add(file(file));
        }
        return files;
    }

    /// The file of one variant: either the reference itself or an object that holds it in `file`.
    private static @Nullable FileReference file(@Nullable JsonObject artifact, String variant)
            throws MalformedRecordException {
        @Nullable JsonObject value = artifact == null ? null : artifact.objectOrNull(variant);
        if (value == null) {
            return null;
        }
        @Nullable JsonObject wrapped = value.objectOrNull("file");
        return file(wrapped == null ? value : wrapped);
    }

    private static FileReference file(JsonObject file) throws MalformedRecordException {
        return new FileReference(
                file.string("path"), file.stringOrNull("checksum"), file.wide("size", -1, 0, Long.MAX_VALUE));
    }
}
