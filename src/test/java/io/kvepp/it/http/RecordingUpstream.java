package io.kvepp.it.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A frontend of the test's own that keeps every whole request as it came, trailers included, and
/// answers each with 200.
///
/// Thread-safe.
public final class RecordingUpstream implements AutoCloseable {
    /// A request header: the answer has so many bytes, those of [#answer].
    public static final String ANSWER_BYTES = "x-answer-bytes";

    /// A request header, and the name of the trailer that ends the answer, with the same value.
    public static final String ANSWER_TRAILER = "x-answer-trailer";

    private static final String ANSWER = "{\"object\":\"recorded\",\"choices\":[]}";
    private static final String REQUEST_ID = "x-request-id";
    private static final int HEADER_BYTES_MAX = 1 << 16;

    private final Map<String, Recorded> byId = new ConcurrentHashMap<>();
    private final Map<String, Integer> begun = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicReference<@Nullable Recorded> last = new AtomicReference<>();
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel server;

    /// One request. Names of headers and trailers are in lower case.
    ///
    /// Immutable; the array must not be changed.
    public record Recorded(String method, String path, Headers headers, byte[] body, Headers trailers) {
        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    public RecordingUpstream() {
        server = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        HttpDecoderConfig limits = new HttpDecoderConfig().setMaxHeaderSize(HEADER_BYTES_MAX);
                        channel.pipeline().addLast(new HttpServerCodec(limits), new Recorder());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    /// The body of an answer of so many bytes.
    public static byte[] answer(int bytes) {
        byte[] body = new byte[bytes];
        new Random(bytes).nextBytes(body);
        return body;
    }

    public int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /// Requests so far.
    public int count() {
        return count.get();
    }

    /// How many requests with this id began, whole or not.
    public int begun(String requestId) {
        return begun.getOrDefault(requestId, 0);
    }

    /// The newest request; fails when none came.
    public Recorded last() {
        @Nullable Recorded recorded = last.get();
        if (recorded == null) {
            throw new AssertionError("the upstream got no request");
        }
        return recorded;
    }

    /// The request with this id; fails when it did not come.
    public Recorded request(String requestId) {
        @Nullable Recorded recorded = byId.get(requestId);
        if (recorded == null) {
            throw new AssertionError("the upstream got no request " + requestId);
        }
        return recorded;
    }

    public boolean saw(String requestId) {
        return byId.containsKey(requestId);
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private static Headers lowerCase(HttpHeaders headers) {
        List<Map.Entry<String, String>> lines = new ArrayList<>();
        headers.forEach(line -> lines.add(Map.entry(line.getKey().toLowerCase(Locale.ROOT), line.getValue())));
        return new Headers(lines);
    }

    /// The requests of one connection, one after the other.
    private final class Recorder extends SimpleChannelInboundHandler<HttpObject> {
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private Headers headers = Headers.NONE;
        private String method = "";
        private String path = "";

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
            if (part.decoderResult().isFailure()) {
                var _ = context.close();
                return;
            }
            if (part instanceof HttpRequest request) {
                headers = lowerCase(request.headers());
                method = request.method().name();
                path = request.uri();
                body.reset();
                headers.all(REQUEST_ID).forEach(id -> begun.merge(id, 1, Integer::sum));
            }
            if (part instanceof HttpContent content) {
                body.writeBytes(ByteBufUtil.getBytes(content.content()));
            }
            if (part instanceof LastHttpContent end) {
                Recorded recorded =
                        new Recorded(method, path, headers, body.toByteArray(), lowerCase(end.trailingHeaders()));
                count.incrementAndGet();
                last.set(recorded);
                headers.all(REQUEST_ID).forEach(id -> byId.put(id, recorded));
                answer(context);
            }
        }

        private void answer(ChannelHandlerContext context) {
            HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            byte[] bytes = ANSWER.getBytes(StandardCharsets.UTF_8);
            head.headers().set("content-type", "application/json");
            for (String size : headers.all(ANSWER_BYTES)) {
                bytes = RecordingUpstream.answer(Integer.parseInt(size));
                head.headers().set("content-type", "application/octet-stream");
            }
            LastHttpContent end = new DefaultLastHttpContent(Unpooled.wrappedBuffer(bytes));
            List<String> trailers = headers.all(ANSWER_TRAILER);
            trailers.forEach(trailer -> end.trailingHeaders().add(ANSWER_TRAILER, trailer));
            if (trailers.isEmpty()) {
                head.headers().set("content-length", bytes.length);
            } else {
                head.headers().set("transfer-encoding", "chunked");
            }
            var _ = context.write(head);
            var _ = context.writeAndFlush(end);
        }
    }
}
