package io.kvepp;

import io.kvepp.app.Epp;
import io.kvepp.app.EppConfig;
import io.kvepp.config.ConfigurationException;
import io.kvepp.config.OptionEntry;
import io.kvepp.config.Options;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The command `kv-epp`, and `kv-epp router`.
///
/// Exit status: 0 after an orderly stop (or `--help`, `--version`, `--print-config`), 1 when
/// starting failed, 2 for a command line or configuration that cannot be used.
public final class Main {
    private static final int FAILED = 1;
    private static final int UNUSABLE = 2;

    private Main() {}

    public static void main(String[] arguments) {
        int status = run(arguments, System.getenv(), System.out, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }

    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        try {
            boolean router = arguments.length > 0 && arguments[0].equals(RouterCommand.NAME);
            CommandLineOptions commandLine = router
                    ? new CommandLineOptions(defaults(), RouterCommand.SYNOPSIS, RouterCommand.DESCRIPTION)
                    : new CommandLineOptions(defaults());
            ForeignFlags foreign = ForeignFlags.in(router ? RouterCommand.translated(arguments) : arguments);
            CommandLineOptions.Parsed parsed = commandLine.parse(foreign.own());
            if (parsed.help()) {
                out.print(commandLine.usage());
                return 0;
            }
            if (parsed.version()) {
                out.println("kv-epp " + version());
                return 0;
            }
            Options options = new Options(
                    router ? RouterCommand.withDefaults(parsed.flags(), environment) : parsed.flags(), environment);
            EppConfig config = EppConfig.from(options);
            if (parsed.printConfig()) {
                options.entries().forEach(entry -> out.println(describe(entry)));
                return 0;
            }
            Epp.run(config, router ? Epp.Role.ROUTER : Epp.Role.GATEWAY, version(), ignored(foreign, options));
            return 0;
        } catch (ConfigurationException e) {
            err.println("kv-epp: " + e.getMessage());
            return UNUSABLE;
        } catch (IOException e) {
            err.println("kv-epp: " + e.getMessage());
            return FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return FAILED;
        }
    }

    private static List<String> ignored(ForeignFlags foreign, Options options) {
        return Stream.concat(
                        foreign.ignored().stream().map(flag -> "--" + flag + ": ignored, it is another picker's"),
                        options.ignored().stream())
                .toList();
    }

    /// Every option with its default.
    static List<OptionEntry> defaults() {
        Options options = Options.defaults();
        EppConfig.from(options);
        return options.entries();
    }

    private static String describe(OptionEntry entry) {
        return "--%s=%s  # from %s; default %s; env %s; %s"
                .formatted(
                        entry.name(),
                        entry.valueText(),
                        entry.origin(),
                        entry.defaultText().isEmpty() ? "none" : entry.defaultText(),
                        String.join(", ", entry.environment()),
                        entry.meaning());
    }

    private static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
