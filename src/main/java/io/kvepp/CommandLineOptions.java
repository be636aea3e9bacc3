package io.kvepp;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.OptionEntry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/// The command line, made from the list of options the configuration reads.
///
/// Confined to the thread that starts the process.
final class CommandLineOptions {
    private static final int USAGE_COLUMNS = 110;

    private final CommandLine commandLine;

    /// @param entries every option, as reading the defaults yields them
    CommandLineOptions(List<OptionEntry> entries) {
        this(
                entries,
                "kv-epp [router] [OPTION]...",
                "An Endpoint Picker for inference gateways: sends each request to the worker that already holds most of its prompt. `kv-epp router --help` tells of the standalone router.");
    }

    /// @param synopsis how the command is called
    /// @param description what it is
    CommandLineOptions(List<OptionEntry> entries, String synopsis, String description) {
        CommandSpec spec = CommandSpec.create().name("kv-epp");
        spec.usageMessage()
                .customSynopsis(synopsis)
                .description(
                        description,
                        "",
                        "Every option --some-name can also be given as environment variable KV_EPP_SOME_NAME; further variables are listed with it.",
                        "")
                .width(USAGE_COLUMNS)
                .sortOptions(false);
        entries.forEach(entry -> spec.addOption(option(entry)));
        spec.addOption(switchOption("--print-config", "print every option with its value and where that comes from"));
        spec.addOption(switchOption("--version", "print the version"));
        spec.addOption(switchOption("--help", "print this page"));
        commandLine = new CommandLine(spec);
    }

    /// What was asked for on the command line.
    ///
    /// @param flags values by option name
    record Parsed(Map<String, List<String>> flags, boolean help, boolean version, boolean printConfig) {}

    /// @throws ConfigurationException for an unknown option or a missing value
    Parsed parse(String[] arguments) {
        ParseResult result;
        try {
            result = commandLine.parseArgs(arguments);
        } catch (ParameterException e) {
            throw new ConfigurationException(e.getMessage() + " (expected: an option of --help)");
        }
        Map<String, List<String>> flags = new LinkedHashMap<>();
        for (OptionSpec option : result.matchedOptions()) {
            if (option.arity().max() > 0) {
                flags.put(option.longestName().substring(2), new ArrayList<>(option.stringValues()));
            }
        }
        return new Parsed(
                flags,
                result.hasMatchedOption("--help"),
                result.hasMatchedOption("--version"),
                result.hasMatchedOption("--print-config"));
    }

    String usage() {
        return commandLine.getUsageMessage();
    }

    private static OptionSpec option(OptionEntry entry) {
        boolean isSwitch = entry.type().equals("true|false");
        return OptionSpec.builder("--" + entry.name())
                .arity(isSwitch ? "0..1" : "1")
                .fallbackValue("true")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(entry.type())
                .description(description(entry).replace("%", "%%"))
                .build();
    }

    private static String description(OptionEntry entry) {
        StringBuilder text = new StringBuilder(entry.meaning());
        if (entry.repeatable()) {
            text.append("; may be repeated");
        }
        if (!entry.defaultText().isEmpty()) {
            text.append(" (default ").append(entry.defaultText()).append(')');
        }
        List<String> more = entry.environment().subList(1, entry.environment().size());
        if (!more.isEmpty()) {
            text.append(" [").append(String.join(", ", more)).append(']');
        }
        return text.toString();
    }

    private static OptionSpec switchOption(String name, String meaning) {
        return OptionSpec.builder(name)
                .arity("0")
                .type(boolean.class)
                .description(meaning)
                .build();
    }
}
