package io.kvepp.kvcache.bench;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Writes workload files: `WorkloadMaker FILE NAME=VALUE...`, where the names are those of
/// [WorkloadSpec] in kebab case, and `trace`. `WorkloadMaker FILE probes` writes those of [Probe]
/// instead, and prints how their events are written, one a line. A complaint is on standard output,
/// with status 2.
///
/// *Confined* to the main thread.
public final class WorkloadMaker {
    private final Map<String, String> values = new HashMap<>();

    private WorkloadMaker(String[] arguments) {
        for (int i = 1; i < arguments.length; i++) {
            int equals = arguments[i].indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("argument: " + arguments[i] + " (expected: NAME=VALUE)");
            }
            values.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
        }
    }

    public static void main(String[] arguments) throws IOException {
        try {
            if (arguments.length < 2) {
                throw new IllegalArgumentException("arguments: too few (expected: FILE NAME=VALUE... or FILE probes)");
            }
            Path file = Path.of(arguments[0]);
            if (arguments[1].equals("probes")) {
                Probe.workload().write(file);
                Probe.ALL.forEach(probe -> System.out.println(probe.events()));
            } else {
                new WorkloadMaker(arguments).make().write(file);
            }
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
            System.exit(2);
        } catch (NoSuchFileException e) {
            System.out.println(e.getFile() + ": no such file");
            System.exit(2);
        }
    }

    private WorkloadFile make() throws IOException {
        return WorkloadGenerator.generate(Trace.read(Path.of(text("trace"))), spec());
    }

    private WorkloadSpec spec() {
        return new WorkloadSpec(
                number("workers"),
                number("blocks-per-worker"),
                number("copies"),
                Boolean.parseBoolean(text("private-hashes")),
                WorkloadSpec.Eviction.valueOf(text("eviction").replace('-', '_').toUpperCase(Locale.ROOT)),
                number("holes"),
                Boolean.parseBoolean(text("queries")),
                number("seed"));
    }

    private String text(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + ": missing (expected: " + name + "=VALUE)");
        }
        return value;
    }

    private int number(String name) {
        String value = text(name);
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: a whole number)");
        }
    }
}
