package io.kvepp.requestplane;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// An answer on a connection of its own, which is opened to the caller.
///
/// Items are sent by one thread; what the caller says is heard on another while the answer is open.
final class TcpAnswer implements EndpointAnswer, StallWatch.Watched {
    /*
     * Who closes
     * ----------
     * Behind the last item comes a sentinel, and then the caller closes. Closing first could reset the connection while
     * the caller has not read everything, because what it sent (stop, kill) may be unread here.
     */
    private static final int WAITING_BYTES_MAX = 64 << 10;
    private static final int CONTROL_BYTES_MAX = 4_096;
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(10);
    private static final long NOT_WRITING = Long.MIN_VALUE;

    private final CallControl control;
    private final AnswerParts parts;
    private volatile Socket socket = new Socket();
    private final ByteArrayOutputStream waiting = new ByteArrayOutputStream(512);
    private final CountDownLatch callerClosed = new CountDownLatch(1);
    private final Object stopping = new Object();
    private final List<Runnable> stopActions = new ArrayList<>();
    private boolean opened;
    private boolean listening;
    private boolean stopped;
    private volatile boolean lost;
    private volatile boolean stalled;
    private volatile long writingSince = NOT_WRITING;

    TcpAnswer(CallControl control, AnswerParts parts) {
        this.control = control;
        this.parts = parts;
        waiting.writeBytes(AnswerFrames.handshake(control.subject()));
        waiting.writeBytes(AnswerFrames.prologue(null));
    }

    @Override
    public void open() throws IOException {
        if (!opened) {
            connect();
            write(waiting.toByteArray());
            listening = true;
            Thread.ofVirtual().name("request-plane-caller").start(this::listen);
        }
    }

    @Override
    public void send(byte[] value) throws IOException {
        append(AnswerFrames.value(control.codec(), value));
    }

    @Override
    public void sendItem(byte[] item) throws IOException {
        append(AnswerFrames.item(control.codec(), item));
    }

    @Override
    public void onStop(Runnable action) {
        synchronized (stopping) {
            if (!stopped) {
                stopActions.add(action);
                return;
            }
        }
        action.run();
    }

    @Override
    public boolean isStopped() {
        synchronized (stopping) {
            return stopped;
        }
    }

    @Override
    public boolean isGone() {
        return lost;
    }

    boolean isStalled() {
        return stalled;
    }

    /// Sends an error item.
    void fail(EndpointException.ErrorType type, String message) throws IOException {
        append(AnswerFrames.error(control.codec(), type, message));
    }

    /// Ends the answer. After that the connection is only waited for.
    void complete() throws IOException {
        ByteArrayOutputStream end = opened ? new ByteArrayOutputStream() : waiting;
        end.writeBytes(AnswerFrames.complete(control.codec()));
        end.writeBytes(AnswerFrames.sentinel());
        if (!opened) {
            connect();
        }
        write(end.toByteArray());
    }

    /// Waits until the caller has closed, a while at most.
    void awaitClose() throws IOException, InterruptedException {
        if (!opened || lost) {
            return;
        }
        if (listening) {
            var _ = callerClosed.await(CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } else {
            socket.setSoTimeout(Math.toIntExact(CLOSE_WAIT.toMillis()));
            listen();
        }
    }

    void close() {
        parts.watch().remove(this);
        Closing.quietly(socket);
    }

    @Override
    public void check(long nowNanos) {
        long since = writingSince;
        if (since != NOT_WRITING && nowNanos - since > parts.writeTimeout().toNanos()) {
            stalled = true;
            Closing.quietly(socket);
        }
    }

    private void append(byte[] frame) throws IOException {
        if (!opened && waiting.size() + frame.length <= WAITING_BYTES_MAX) {
            waiting.writeBytes(frame);
            return;
        }
        open();
        write(frame);
    }

    private void connect() throws IOException {
        opened = true;
        try {
            socket.connect(
                    control.callHome(), Math.toIntExact(parts.connectTimeout().toMillis()));
            socket.setTcpNoDelay(true);
            socket = parts.tls().connected(socket, control.callHome().getAddress());
        } catch (IOException e) {
            stop(true);
            throw e;
        }
        parts.watch().add(this);
    }

    private void write(byte[] bytes) throws IOException {
        if (lost) {
            throw new IOException("the caller is gone");
        }
        writingSince = parts.watch().now();
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            stop(true);
            throw e;
        } finally {
            writingSince = NOT_WRITING;
        }
    }

    private void listen() {
        try {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            while (true) {
                byte[] header = TwoPart.read(in, CONTROL_BYTES_MAX).header();
                boolean killed = ControlHeader.isKill(header);
                if (killed || ControlHeader.isStop(header)) {
                    stop(killed);
                }
            }
        } catch (IOException | RequestPlaneException _) {
            // The caller has closed, or talks nonsense, which is as good as gone.
        } finally {
            stop(true);
            callerClosed.countDown();
        }
    }

    private void stop(boolean gone) {
        List<Runnable> actions;
        synchronized (stopping) {
            lost |= gone;
            stopped = true;
            actions = List.copyOf(stopActions);
            stopActions.clear();
        }
        actions.forEach(Runnable::run);
    }
}
