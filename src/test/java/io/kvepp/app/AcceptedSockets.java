package io.kvepp.app;

import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// A listening socket whose accepted connections wait for acknowledgements, as the kernel has it,
/// until the server says otherwise.
///
/// Single-writer: its event loop adds to [#accepted].
final class AcceptedSockets extends NioServerSocketChannel {
    final Queue<SocketChannel> accepted = new ConcurrentLinkedQueue<>();

    @Override
    protected int doReadMessages(List<Object> read) throws Exception {
        int count = super.doReadMessages(read);
        if (count > 0) {
            SocketChannel socket = (SocketChannel) read.getLast();
            socket.config().setOption(ChannelOption.TCP_NODELAY, false);
            accepted.add(socket);
        }
        return count;
    }
}
