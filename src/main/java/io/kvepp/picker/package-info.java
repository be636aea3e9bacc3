/// The waist: what a front (ext_proc, a benchmark, a simulator) asks and what the decision answers.
///
/// Starting points: [EndpointPicker], [PickRequest], [PickResult], [RequestLifecycle].
///
/// Imports nothing of the project: a front never hears of KV caches, the decision never hears of
/// protobuf.
@NullMarked
package io.kvepp.picker;

import org.jspecify.annotations.NullMarked;
