package io.kvepp.pool.rules;

import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.EndpointPicker;
import io.kvepp.picker.HeaderEdit;
import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickHandle;
import io.kvepp.picker.PickRequest;
import io.kvepp.picker.PickResult;
import io.kvepp.pool.rules.ModelNameEdit.Found;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Gives requests the priority of their objective and the model's name that their pool rewrites them
/// to, lets another picker decide, and puts the first name back into the response.
///
/// The headers that ask for either are removed from every request; what they say counts only if the
/// configuration says so. A request whose body is not shown keeps its model's name.
///
/// Source: llm-d router, InferenceObjective and InferenceModelRewrite.
///
/// Thread-safe if the random generator is.
public final class RulesPicker implements EndpointPicker {
    private static final List<String> OBJECTIVE =
            List.of("x-llm-d-inference-objective", "x-gateway-inference-objective");
    private static final List<String> MODEL = List.of("x-llm-d-model-name-rewrite", "x-gateway-model-name-rewrite");
    private static final Set<String> CONTROL =
            Set.of(OBJECTIVE.getFirst(), OBJECTIVE.getLast(), MODEL.getFirst(), MODEL.getLast());
    private static final String ACCEPT_ENCODING = "accept-encoding";

    private final RulesConfig config;
    private final WatchedRules rules;
    private final EndpointPicker picker;
    private final RandomGenerator random;

    public RulesPicker(RulesConfig config, WatchedRules rules, EndpointPicker picker, RandomGenerator random) {
        this.config = config;
        this.rules = rules;
        this.picker = picker;
        this.random = random;
    }

    @Override
    public PickHandle pick(PickRequest request, Consumer<PickResult> listener) {
        PoolRules of = rules.of(request.pool());
        PickRequest asked = request.withPriority(priority(request, of));
        @Nullable Rewrite rewrite = rewrite(request, of);
        if (rewrite == null) {
            return picker.pick(asked, result -> listener.accept(cleaned(request, result)));
        }
        return picker.pick(
                asked.withBody(ModelNameEdit.applied(request.body(), rewrite.edit())),
                result -> listener.accept(cleaned(request, rewritten(request, rewrite, result))));
    }

    /// - `from`, `to`: names of models
    /// - `edit`: of the request's body
    private record Rewrite(String from, String to, BodyEdit edit) {
        ModelNameRestorer restorer() {
            return new ModelNameRestorer(to, from);
        }
    }

    private int priority(PickRequest request, PoolRules of) {
        @Nullable String objective = config.honoursHeaders() ? header(request, OBJECTIVE) : null;
        return objective == null ? 0 : of.priorities().getOrDefault(objective, 0);
    }

    private @Nullable Rewrite rewrite(PickRequest request, PoolRules of) {
        @Nullable String named = config.honoursHeaders() ? header(request, MODEL) : null;
        boolean mayChange = named != null || !of.rewrites().rules().isEmpty();
        @Nullable Found found = mayChange ? ModelNameEdit.find(request.body()) : null;
        if (found == null) {
            return null;
        }
        @Nullable String target = named == null ? of.rewrites().targetOf(found.model(), random) : named;
        return target == null || target.equals(found.model())
                ? null
                : new Rewrite(found.model(), target, ModelNameEdit.replacing(found, target));
    }

    private static PickResult rewritten(PickRequest request, Rewrite rewrite, PickResult result) {
        return switch (result) {
            case PickResult.Routed routed ->
                new PickResult.Routed(
                        routed.endpoint(),
                        routed.fallbacks(),
                        removing(routed.headers(), List.of(ACCEPT_ENCODING)), // its response must be readable
                        ModelNameEdit.both(request.body(), rewrite.edit(), routed.body()),
                        rewrite.restorer(),
                        routed.explanation(),
                        routed.endpointScores(),
                        routed.lifecycle());
            case PickResult.Answered(var type, var body) -> {
                ByteBuffer bytes = ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8));
                yield new PickResult.Answered(
                        type,
                        StandardCharsets.UTF_8
                                .decode(rewrite.restorer().edit(bytes, true))
                                .toString());
            }
            case PickResult.Rejected rejected -> rejected;
        };
    }

    private static PickResult cleaned(PickRequest request, PickResult result) {
        if (!(result instanceof PickResult.Routed routed)) {
            return result;
        }
        List<String> control = request.headers().stream()
                .map(HttpHeader::name)
                .filter(CONTROL::contains)
                .distinct()
                .toList();
        return control.isEmpty()
                ? routed
                : new PickResult.Routed(
                        routed.endpoint(),
                        routed.fallbacks(),
                        removing(routed.headers(), control),
                        routed.body(),
                        routed.response(),
                        routed.explanation(),
                        routed.endpointScores(),
                        routed.lifecycle());
    }

    private static HeaderEdit removing(HeaderEdit headers, List<String> names) {
        List<String> remove = new ArrayList<>(headers.remove());
        remove.addAll(names);
        return new HeaderEdit(headers.set(), remove);
    }

    private static @Nullable String header(PickRequest request, List<String> names) {
        for (String name : names) {
            @Nullable String value = request.header(name);
            if (value != null && !value.isBlank()) {
                return value.strip();
            }
        }
        return null;
    }
}
