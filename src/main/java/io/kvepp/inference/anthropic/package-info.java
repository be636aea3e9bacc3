/// The Anthropic Messages API, which the frontend turns into a chat.
///
/// Starting points: [AnthropicApis], [MessagesApi].
///
/// Imports `inference`, `inference.json`, `inference.body` and `inference.chat`.
@NullMarked
package io.kvepp.inference.anthropic;

import org.jspecify.annotations.NullMarked;
