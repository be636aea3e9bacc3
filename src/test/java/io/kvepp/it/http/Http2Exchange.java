package io.kvepp.it.http;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// One HTTP/2 request without TLS.
public final class Http2Exchange {
    private static final long LIMIT_SECONDS = 20;

    private Http2Exchange() {}

    /// Ends the body with trailers if there are any.
    public static HttpAnswer post(int port, String path, byte[] body, Headers headers, Headers trailers) {
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel connection = connect(loop, port);
            CompletableFuture<HttpAnswer> answer = new CompletableFuture<>();
            Channel stream = new Http2StreamChannelBootstrap(connection)
                    .handler(new AnswerReader(answer))
                    .open()
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS);
            Http2Headers head = new DefaultHttp2Headers()
                    .method("POST")
                    .path(path)
                    .scheme("http")
                    .authority("127.0.0.1:" + port);
            headers.lines().forEach(line -> head.add(line.getKey(), line.getValue()));
            Http2Headers end = new DefaultHttp2Headers();
            trailers.lines().forEach(line -> end.add(line.getKey(), line.getValue()));
            var _ = stream.write(new DefaultHttp2HeadersFrame(head, false));
            var _ = stream.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body), end.isEmpty()));
            if (!end.isEmpty()) {
                var _ = stream.writeAndFlush(new DefaultHttp2HeadersFrame(end, true));
            }
            return answer.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("POST " + path + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } finally {
            var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static Channel connect(EventLoopGroup loop, int port) throws InterruptedException {
        return new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        Http2FrameCodecBuilder.forClient().build(),
                                        new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                    }
                })
                .connect("127.0.0.1", port)
                .sync()
                .channel();
    }

    private static final class AnswerReader extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final CompletableFuture<HttpAnswer> answer;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private HttpHeaders headers = headers(new DefaultHttp2Headers());
        private HttpHeaders trailers = headers;
        private int status;

        AnswerReader(CompletableFuture<HttpAnswer> answer) {
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
            boolean end = false;
            if (frame instanceof Http2HeadersFrame head) {
                if (head.headers().status() == null) {
                    trailers = headers(head.headers());
                } else {
                    status = Integer.parseInt(head.headers().status().toString());
                    headers = headers(head.headers());
                }
                end = head.isEndStream();
            } else if (frame instanceof Http2DataFrame data) {
                body.writeBytes(ByteBufUtil.getBytes(data.content()));
                end = data.isEndStream();
            }
            if (end) {
                answer.complete(new HttpAnswer(status, headers, body.toByteArray(), trailers));
            }
        }

        private static HttpHeaders headers(Http2Headers read) {
            Map<String, List<String>> all = new TreeMap<>();
            read.forEach(line -> all.computeIfAbsent(line.getKey().toString(), _ -> new ArrayList<>())
                    .add(line.getValue().toString()));
            return HttpHeaders.of(all, (_, _) -> true);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
            answer.completeExceptionally(error);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            answer.completeExceptionally(new AssertionError("the stream ended without an answer"));
        }
    }
}
