package io.kvepp.preprocess;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A model family whose prompts the frontend writes by code of its own, whatever template the files
/// have.
///
/// The model type of `config.json` decides; the name of the model only when there is none.
///
/// Immutable.
enum NativeFormat {
    DEEPSEEK_V32,
    DEEPSEEK_V4,
    DEEPSEEK_V41,
    KIMI_K3;

    private static final Pattern V41_NAME = Pattern.compile("deepseek[-_.]?v4\\.1([-_.].*|)", Pattern.DOTALL);
    private static final Pattern V4_NAME = Pattern.compile("deepseek[-_.]?v4([-_.].*|)", Pattern.DOTALL);

    ChatFormat format() {
        return switch (this) {
            case DEEPSEEK_V32 -> new DeepSeekV32();
            case DEEPSEEK_V4 -> new DeepSeekV4();
            case DEEPSEEK_V41 -> new DeepSeekV41();
            case KIMI_K3 -> new KimiK3();
        };
    }

    /// Null when a template decides. `modelType` is null or empty when unknown.
    static @Nullable NativeFormat of(@Nullable String modelType, String displayName) {
        String name = displayName.toLowerCase(Locale.ROOT);
        return modelType == null || modelType.isEmpty()
                ? ofName(name)
                : ofType(modelType.toLowerCase(Locale.ROOT), name);
    }

    private static @Nullable NativeFormat ofType(String modelType, String name) {
        return switch (modelType) {
            case "kimi_k3" -> KIMI_K3;
            case "deepseek_v41" -> DEEPSEEK_V41;
            case "deepseek_v4" -> DEEPSEEK_V4;
            case "deepseek_v32", "deepseek_v3_2" -> name.contains("exp") ? null : DEEPSEEK_V32;
            default -> null;
        };
    }

    private static @Nullable NativeFormat ofName(String name) {
        if (name.contains("kimi-k3") || name.contains("kimi_k3") || name.contains("kimik3")) {
            return KIMI_K3;
        }
        if (V41_NAME.matcher(name).matches()) {
            return DEEPSEEK_V41;
        }
        if (V4_NAME.matcher(name).matches()) {
            return DEEPSEEK_V4;
        }
        boolean v32 = name.contains("deepseek") && name.contains("v3.2") && !name.contains("exp");
        return v32 ? DEEPSEEK_V32 : null;
    }

    @Override
    public String toString() {
        return format().name();
    }
}
