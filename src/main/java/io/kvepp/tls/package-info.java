/// TLS of the connections this process makes itself: certificates and keys from PEM files.
///
/// Starting point: [ClientTls].
///
/// Imports `config`.
@NullMarked
package io.kvepp.tls;

import org.jspecify.annotations.NullMarked;
