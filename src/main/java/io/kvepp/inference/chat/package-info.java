/// What the APIs that end in a chat have in common: messages and tools as a template sees them,
/// thinking controls, and the checks of values.
///
/// Starting points: [ChatMessages] (the typed messages), [ChatChecks] (which values are refused),
/// [ThinkingControls].
///
/// Imports `inference`, `inference.json` and `inference.body`.
@NullMarked
package io.kvepp.inference.chat;

import org.jspecify.annotations.NullMarked;
