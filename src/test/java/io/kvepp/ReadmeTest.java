package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.config.OptionEntry;
import io.kvepp.metrics.Meter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What the README says exists, exists, and the tables are those of the code.
class ReadmeTest {
    private static final Path README = Path.of("README.md");

    @Test
    void theOptionTableIsTheOneTheCodeReads() throws IOException {
        assertThat(table("options")).containsExactlyElementsOf(optionRows().toList());
    }

    @Test
    void theMetricTableIsTheOneTheCodeFills() throws IOException {
        assertThat(table("metrics")).containsExactlyElementsOf(meterRows().toList());
    }

    @Test
    void everyFileTheReadmeNamesExists() throws IOException {
        Matcher link = Pattern.compile("]\\(([^)#:]+)\\)").matcher(Files.readString(README));
        List<String> names = link.results().map(result -> result.group(1)).toList();

        assertThat(names).hasSizeGreaterThan(7).allMatch(name -> Files.exists(Path.of(name)));
    }

    @Test
    void bothCommandsOfTheReadmeAreThereToRun() throws IOException {
        String text = Files.readString(README);

        assertThat(text).contains("./e2e/demo").contains("./mvnw verify");
        assertThat(Path.of("e2e/demo")).isExecutable();
        assertThat(Path.of("mvnw")).isExecutable();
    }

    @Test
    void everyOptionOfTheManifestsExists() throws IOException {
        List<String> options =
                Main.defaults().stream().map(entry -> "--" + entry.name()).toList();
        for (Path manifest : List.of(Path.of("Dockerfile"), Path.of("k8s/kv-epp.yaml"))) {
            Matcher flag = Pattern.compile("(--[a-z][a-z-]+)").matcher(Files.readString(manifest));
            assertThat(flag.results().map(result -> result.group(1)).toList())
                    .filteredOn(name -> !name.equals("--chown") && !name.equals("--from"))
                    .isSubsetOf(options);
        }
    }

    private static Stream<String> optionRows() {
        return Main.defaults().stream().map(ReadmeTest::row);
    }

    private static String row(OptionEntry entry) {
        String more = entry.environment().stream()
                .skip(1)
                .map(name -> "`" + name + "`")
                .collect(Collectors.joining(", "));
        // The temporary folder and the cache folder are this machine's.
        String value = entry.defaultText().startsWith("/") ? "" : entry.defaultText();
        return "| `--" + entry.name() + "` | " + entry.type().replace("|", "\\|") + " | " + value + " | " + more + " | "
                + entry.meaning() + " |";
    }

    private static Stream<String> meterRows() {
        return Arrays.stream(Meter.values())
                .map(meter -> "| `" + meter.exposedName() + "` | "
                        + meter.tags().stream().map(tag -> "`" + tag + "`").collect(Collectors.joining(", "))
                        + " | "
                        + meter.meaning() + " |");
    }

    /// The rows between `<!-- name -->` and the next blank line, without the two header rows.
    private static List<String> table(String name) throws IOException {
        return Files.readString(README)
                .lines()
                .dropWhile(line -> !line.equals("<!-- " + name + " -->"))
                .skip(3)
                .takeWhile(line -> line.startsWith("|"))
                .toList();
    }
}
