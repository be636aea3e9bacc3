/// A body as a picker sees it: the model, the prompt, and where token ids can be put into it.
///
/// Starting points: [RequestParser] (bytes to a request), [InferenceRequest], [Prompt] (the ways to
/// give one), [BodySplice] (token ids into the untouched body).
///
/// Imports `config` only.
@NullMarked
package io.kvepp.inference;

import org.jspecify.annotations.NullMarked;
