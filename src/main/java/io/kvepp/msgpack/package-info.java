/// MessagePack as Dynamo's planes use it, over byte arrays and with limits.
///
/// Starting points: [MsgpackReader], [MsgpackWriter]. Libraries read unsigned 64-bit numbers, which
/// half of all block hashes are, as an error.
///
/// Imports nothing of the project.
@NullMarked
package io.kvepp.msgpack;

import org.jspecify.annotations.NullMarked;
