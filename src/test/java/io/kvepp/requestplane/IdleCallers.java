package io.kvepp.requestplane;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Connections on which nothing is sent, held by a process of their own: one process may have too
/// few descriptors for both ends of ten thousand.
///
/// Confined to the test's thread.
final class IdleCallers implements AutoCloseable {
    private static final String OPENED = "opened";

    private final Process process;

    private IdleCallers(Process process) {
        this.process = process;
    }

    /// Opens `count` connections to `IP:PORT`.
    static IdleCallers open(String address, int count) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(
                        java,
                        "-Xmx128m",
                        "-cp",
                        classes(),
                        IdleCallers.class.getName(),
                        address,
                        Integer.toString(count))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = process.inputReader().readLine();
        if (!OPENED.equals(said)) {
            process.destroyForcibly();
            throw new IOException("callers: " + said + " (expected: " + OPENED + ")");
        }
        return new IdleCallers(process);
    }

    /// The folder this class is in, which is all it needs.
    private static String classes() {
        return Path.of(URI.create(IdleCallers.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString()))
                .toString();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /// `IP:PORT COUNT`: holds them until standard input ends.
    public static void main(String[] arguments) throws IOException {
        String[] address = arguments[0].split(":", 2);
        List<Socket> callers = new ArrayList<>();
        try {
            for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
                callers.add(new Socket(address[0], Integer.parseInt(address[1])));
            }
            System.out.println(OPENED);
            while (System.in.read() >= 0) {
                // nothing is said to it
            }
        } finally {
            for (Socket caller : callers) {
                caller.close();
            }
        }
    }
}
