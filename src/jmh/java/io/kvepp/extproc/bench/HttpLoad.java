package io.kvepp.extproc.bench;

import io.kvepp.extproc.bench.Chats.Conversation;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;

/// Clients of a gateway, each on a connection of its own: the next request when the answer to the one
/// before is whole. Times are those until the headers of the answer.
///
/// *Confined* to the main thread.
final class HttpLoad implements AutoCloseable {
    /// A connection on which nothing came for so long has failed.
    private static final int SILENCE_SECONDS_MAX = 60;

    private final int port;
    private final Chats chats;
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Latencies latencies = new Latencies();
    private final Phaser running = new Phaser(1);
    private volatile boolean over;

    HttpLoad(int port, Chats chats) {
        this.port = port;
        this.chats = chats;
    }

    Map<String, Object> closed(int bytesMean, int connections, Duration duration) throws InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; i < connections; i++) {
            running.register();
            connect(bytesMean);
        }
        TimeUnit.NANOSECONDS.sleep(duration.toNanos());
        Map<String, Object> figures = latencies.figures((System.nanoTime() - start) / 1e9);
        over = true;
        running.arriveAndAwaitAdvance();
        return figures;
    }

    private void connect(int bytesMean) {
        new Bootstrap()
                .group(loops)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel connection) {
                        connection
                                .pipeline()
                                .addLast(
                                        new ReadTimeoutHandler(SILENCE_SECONDS_MAX),
                                        new HttpClientCodec(),
                                        new Client(bytesMean));
                    }
                })
                .connect("127.0.0.1", port)
                .addListener(connected -> {
                    if (!connected.isSuccess()) {
                        lost();
                    }
                });
    }

    private void lost() {
        latencies.failed();
        running.arriveAndDeregister();
    }

    @Override
    public void close() {
        var _ = loops.shutdownGracefully();
    }

    private final class Client extends SimpleChannelInboundHandler<HttpObject> {
        private final int bytesMean;
        private Conversation conversation;
        private long startNanos;

        Client(int bytesMean) {
            this.bytesMean = bytesMean;
            conversation = chats.begin(bytesMean);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            send(context.channel());
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            running.arriveAndDeregister();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
            latencies.failed();
            var _ = context.close();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
            if (part instanceof HttpResponse response) {
                if (response.status().code() == 200) {
                    latencies.add(System.nanoTime() - startNanos);
                } else {
                    latencies.failed();
                }
            }
            if (part instanceof LastHttpContent) {
                if (over) {
                    var _ = context.close();
                } else {
                    send(context.channel());
                }
            }
        }

        private void send(Channel channel) {
            if (conversation.isOver()) {
                conversation = chats.begin(bytesMean);
            }
            byte[] body = conversation.next();
            DefaultFullHttpRequest request = new DefaultFullHttpRequest(
                    HttpVersion.HTTP_1_1, HttpMethod.POST, "/v1/chat/completions", Unpooled.wrappedBuffer(body));
            request.headers()
                    .set(HttpHeaderNames.HOST, "inference.example.com")
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, body.length);
            startNanos = System.nanoTime();
            var _ = channel.writeAndFlush(request, channel.voidPromise());
        }
    }
}
