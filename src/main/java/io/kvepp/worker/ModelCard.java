package io.kvepp.worker;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a worker says of one model it serves (Dynamo's model deployment card, the part a picker
/// needs).
///
/// - `name`: the `display_name` requests use; `aliases`: further names for it
/// - `loraName`: set on the card of a LoRA adapter; it changes the seed of block hashes
/// - `blockSizeTokens`: tokens of one KV block
/// - `contextLengthTokens`: 0 when unknown
/// - `totalKvBlocks`, `maxNumBatchedTokens`: 0 when unknown
/// - `dpRankStart`, `dpSize`: legal ranks are `dpRankStart .. dpRankStart + dpSize - 1`
/// - `eagle`: block hashes cover a window of one extra token
/// - `publishesKvEvents`: false for workers whose cache is never announced (decode)
/// - `kvStateEndpoint`: the scope of the worker's KV events, null for the serving endpoint
/// - `routerMode`: the `router_config` mode the worker advertises, which replaces the frontend's;
///   null when absent
/// - `excludeToolsWhenToolChoiceNone`: the frontend drops `tools` when `tool_choice` is `none`
/// - `reasoningParser`, `toolCallParser`, `toolCallArgumentsFormat`: what decides rewriting before
///   the template; null when absent
/// - `defaultThinkingMode`: `enabled` or `disabled` for requests that do not say; other words mean
///   nothing, null when absent
/// - `promptContext`: names of what templates are given beside the request, such as
///   `llama3_date_time`
/// - `taints`: labels of the worker that requests may require or prefer, those of its topology
///   included
/// - `kvTransfer`: whom a prefill worker wants to hand its KV cache to
///
/// Immutable.
public record ModelCard(
        String name,
        List<String> aliases,
        @Nullable String loraName,
        WorkerRole role,
        int blockSizeTokens,
        int contextLengthTokens,
        int totalKvBlocks,
        int maxNumBatchedTokens,
        int dpRankStart,
        int dpSize,
        boolean eagle,
        boolean publishesKvEvents,
        @Nullable EndpointId kvStateEndpoint,
        @Nullable String routerMode,
        boolean excludeToolsWhenToolChoiceNone,
        @Nullable String reasoningParser,
        @Nullable String toolCallParser,
        @Nullable String toolCallArgumentsFormat,
        @Nullable String defaultThinkingMode,
        List<String> promptContext,
        Set<String> taints,
        ModelFiles files,
        KvTransfer kvTransfer) {
    /// A worker that can hand its KV cache to any.
    public ModelCard(
            String name,
            List<String> aliases,
            @Nullable String loraName,
            WorkerRole role,
            int blockSizeTokens,
            int contextLengthTokens,
            int totalKvBlocks,
            int maxNumBatchedTokens,
            int dpRankStart,
            int dpSize,
            boolean eagle,
            boolean publishesKvEvents,
            @Nullable EndpointId kvStateEndpoint,
            @Nullable String routerMode,
            boolean excludeToolsWhenToolChoiceNone,
            @Nullable String reasoningParser,
            @Nullable String toolCallParser,
            @Nullable String toolCallArgumentsFormat,
            @Nullable String defaultThinkingMode,
            List<String> promptContext,
            Set<String> taints,
            ModelFiles files) {
        this(
                name,
                aliases,
                loraName,
                role,
                blockSizeTokens,
                contextLengthTokens,
                totalKvBlocks,
                maxNumBatchedTokens,
                dpRankStart,
                dpSize,
                eagle,
                publishesKvEvents,
                kvStateEndpoint,
                routerMode,
                excludeToolsWhenToolChoiceNone,
                reasoningParser,
                toolCallParser,
                toolCallArgumentsFormat,
                defaultThinkingMode,
                promptContext,
                taints,
                files,
                KvTransfer.ANY);
    }

    /// The same card of a worker that wants its KV cache to go elsewhere.
    public ModelCard with(KvTransfer other) {
        return new ModelCard(
                name,
                aliases,
                loraName,
                role,
                blockSizeTokens,
                contextLengthTokens,
                totalKvBlocks,
                maxNumBatchedTokens,
                dpRankStart,
                dpSize,
                eagle,
                publishesKvEvents,
                kvStateEndpoint,
                routerMode,
                excludeToolsWhenToolChoiceNone,
                reasoningParser,
                toolCallParser,
                toolCallArgumentsFormat,
                defaultThinkingMode,
                promptContext,
                taints,
                files,
                other);
    }

    public ModelCard {
        aliases = List.copyOf(aliases);
        promptContext = List.copyOf(promptContext);
        taints = Set.copyOf(taints);
    }
}
