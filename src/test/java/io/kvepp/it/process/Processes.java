package io.kvepp.it.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The programs of one stack. All of them end with it: when it is closed, and when this JVM stops
/// for whatever reason that lets its shutdown hooks run.
///
/// Thread-safe.
public final class Processes implements AutoCloseable {
    private final Path logs;
    private final List<ManagedProcess> started = new ArrayList<>();
    private final Thread hook = new Thread(this::killAll, "end of the processes");

    /// @param logs folder for one log file per program
    public Processes(Path logs) {
        this.logs = logs;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Starts a program; `name` is unique and names its log file.
    public synchronized ManagedProcess start(String name, List<String> command, Map<String, String> environment) {
        ManagedProcess process = ManagedProcess.start(name, command, environment, logs.resolve(name + ".log"));
        started.add(process);
        return process;
    }

    public Path logs() {
        return logs;
    }

    @Override
    public void close() {
        killAll();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is stopping already: the hook finds nothing left to do.
        }
    }

    private synchronized void killAll() {
        started.reversed().forEach(ManagedProcess::kill);
        started.clear();
    }
}
