package io.kvepp.preprocess;

/// Whether the prompts of a model can be turned into token ids.
///
/// Immutable.
public sealed interface PreprocessorState {
    /// Files are being read, or the model was never named to [Preprocessors#retain].
    record Loading() implements PreprocessorState {}

    record Ready(Preprocessor preprocessor) implements PreprocessorState {}

    /// Requests of the model can only be routed by load. `reason` is for the operator.
    record Failed(String reason) implements PreprocessorState {}
}
