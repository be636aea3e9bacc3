/// Discovery through Dynamo's file store: one folder that all processes of a host share.
///
/// Starting points: [FileDiscovery] reads it, [FileRegistration] announces endpoints of this process.
///
/// Imports `discovery`, `worker`, `metrics` and `config`. Nothing is deleted but what was
/// written here.
@NullMarked
package io.kvepp.discovery.file;

import org.jspecify.annotations.NullMarked;
