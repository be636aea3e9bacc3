/// Who this process is towards gateways: given certificates that are read again when they change, or
/// one made at the start.
///
/// Starting points: [TlsConfig], [ServerTls].
@NullMarked
package io.kvepp.tls;

import org.jspecify.annotations.NullMarked;
