package io.kvepp.requestplane;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import javax.net.ssl.SSLSocket;

/// An encrypted connection that can be closed while somebody writes to it.
///
/// Closing an SSLSocket waits for a writer, since it sends a last word itself; a writer whose peer
/// does not read would be waited for without end. Here the connection below is closed: every answer
/// says in its own messages that it is complete.
///
/// As thread-safe as what it is made of.
final class TlsSocket extends Socket {
    private final Socket raw;
    private final SSLSocket tls;

    TlsSocket(Socket raw, SSLSocket tls) {
        this.raw = raw;
        this.tls = tls;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return tls.getInputStream();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return tls.getOutputStream();
    }

    @Override
    public void shutdownInput() throws IOException {
        raw.shutdownInput();
    }

    @Override
    public void shutdownOutput() throws IOException {
        tls.shutdownOutput();
    }

    @Override
    public void setSoTimeout(int millis) throws SocketException {
        raw.setSoTimeout(millis);
    }

    @Override
    public void setTcpNoDelay(boolean on) throws SocketException {
        raw.setTcpNoDelay(on);
    }

    @Override
    public void setKeepAlive(boolean on) throws SocketException {
        raw.setKeepAlive(on);
    }

    @Override
    public InetAddress getLocalAddress() {
        return raw.getLocalAddress();
    }

    @Override
    public boolean isClosed() {
        return raw.isClosed();
    }

    @Override
    public void close() throws IOException {
        raw.close();
    }
}
