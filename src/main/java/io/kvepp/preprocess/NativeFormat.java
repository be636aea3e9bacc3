package io.kvepp.preprocess;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Model families whose prompts the frontend writes by code of its own, whatever template their
/// files have.
///
/// The model type of `config.json` decides; the name of the model only when there is none.
///
/// Thread-safe.
final class NativeFormat {
    private static final Pattern DEEPSEEK_V41 = Pattern.compile("deepseek[-_.]?v4\\.1([-_.].*|)", Pattern.DOTALL);
    private static final Pattern DEEPSEEK_V4 = Pattern.compile("deepseek[-_.]?v4([-_.].*|)", Pattern.DOTALL);

    private NativeFormat() {}

    /// The family, or null when a template decides. `modelType` is null or blank when unknown.
    static @Nullable String of(@Nullable String modelType, String displayName) {
        String name = displayName.toLowerCase(Locale.ROOT);
        return modelType == null || modelType.isEmpty()
                ? ofName(name)
                : ofType(modelType.toLowerCase(Locale.ROOT), name);
    }

    private static @Nullable String ofType(String modelType, String name) {
        return switch (modelType) {
            case "kimi_k3" -> "Kimi K3";
            case "deepseek_v41" -> "DeepSeek V4.1";
            case "deepseek_v4" -> "DeepSeek V4";
            case "deepseek_v32", "deepseek_v3_2" -> name.contains("exp") ? null : "DeepSeek V3.2";
            default -> null;
        };
    }

    private static @Nullable String ofName(String name) {
        if (name.contains("kimi-k3") || name.contains("kimi_k3") || name.contains("kimik3")) {
            return "Kimi K3";
        }
        if (DEEPSEEK_V41.matcher(name).matches()) {
            return "DeepSeek V4.1";
        }
        if (DEEPSEEK_V4.matcher(name).matches()) {
            return "DeepSeek V4";
        }
        boolean v32 = name.contains("deepseek") && name.contains("v3.2") && !name.contains("exp");
        return v32 ? "DeepSeek V3.2" : null;
    }
}
