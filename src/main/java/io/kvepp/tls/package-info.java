/// Who this process is towards gateways: given certificates that are read again when they change, or
/// one made at the start; and whom it trusts and who it is where it connects itself.
///
/// Starting points: [TlsConfig], [ServerTls], [ClientTls].
@NullMarked
package io.kvepp.tls;

import org.jspecify.annotations.NullMarked;
