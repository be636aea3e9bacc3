package io.kvepp.it;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;

/// Runs the cells of a matrix several at a time: most of the time a cell waits for its processes.
final class ConcurrentCells {
    private static final int AT_ONCE = 2;

    private ConcurrentCells() {}

    /// One test a cell, in the given order.
    static Stream<DynamicTest> run(Map<String, Runnable> cells) {
        return run(cells, AT_ONCE);
    }

    /// The same with another number of cells at a time.
    static Stream<DynamicTest> run(Map<String, Runnable> cells, int atOnce) {
        ExecutorService threads = Executors.newFixedThreadPool(atOnce);
        Map<String, Future<?>> running = new LinkedHashMap<>();
        cells.forEach((name, cell) -> running.put(name, threads.submit(cell)));
        return running.entrySet().stream()
                .map(cell -> dynamicTest(cell.getKey(), () -> await(cell.getValue())))
                .onClose(threads::shutdownNow);
    }

    /// A cell that cannot run on this machine is skipped, not failed.
    private static void await(Future<?> cell) throws InterruptedException, ExecutionException {
        try {
            cell.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TestAbortedException skipped) {
                throw skipped;
            }
            throw e;
        }
    }
}
