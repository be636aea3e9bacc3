package io.kvepp;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The arrows in the root `package-info.java` are those of the compiled classes, no more and no
/// fewer packages.
class PackageArrowsTest {
    private static final String ROOT = "io.kvepp";
    private static final Path TABLE = Path.of("src/main/java/io/kvepp/package-info.java");
    private static final Pattern ENTRY = Pattern.compile("- `([a-z0-9.]+)`: (.*)");

    /// Third-party client libraries, each with the only package that may use it.
    private static final Map<String, String> CLIENT_LIBRARIES = Map.of(
            "io.etcd",
            "discovery.etcd",
            "io.fabric8",
            "kube",
            "io.nats",
            "nats",
            "org.zeromq",
            "eventplane.zmq",
            "org.snakeyaml",
            "config",
            "io.envoyproxy",
            "extproc",
            "picocli",
            "root",
            "ch.qos.logback",
            "app",
            "io.micrometer",
            "metrics");

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void everyPackageImportsOnlyWhatTheTableAllows() throws IOException {
        Map<String, Set<String>> allowed = table();
        Map<String, Set<String>> found = new TreeMap<>();
        for (JavaClass type : classes) {
            String from = name(type.getPackageName());
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency ->
                            dependency.getTargetClass().getBaseComponentType().getPackageName())
                    .filter(target -> target.equals(ROOT) || target.startsWith(ROOT + "."))
                    .map(PackageArrowsTest::name)
                    .filter(target -> !target.equals(from))
                    .filter(target -> !allowed.getOrDefault(from, Set.of()).contains(target))
                    .forEach(target ->
                            found.computeIfAbsent(from, key -> new TreeSet<>()).add(target));
        }
        assertThat(found).as("imports the table does not allow").isEmpty();
    }

    @Test
    void theTableNamesEveryPackageAndNoOther() throws IOException {
        Set<String> packages = classes.stream()
                .map(type -> name(type.getPackageName()))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(table().keySet()).isEqualTo(packages);
    }

    @Test
    void aClientLibraryIsUsedByOnePackage() {
        CLIENT_LIBRARIES.forEach((library, owner) -> {
            Set<String> users = classes.stream()
                    .filter(type -> type.getDirectDependenciesFromSelf().stream()
                            .map(dependency -> dependency.getTargetClass().getPackageName())
                            .anyMatch(target -> target.equals(library) || target.startsWith(library + ".")))
                    .map(type -> name(type.getPackageName()))
                    .collect(Collectors.toSet());
            assertThat(users).as("users of " + library).containsExactly(owner);
        });
    }

    private static Map<String, Set<String>> table() throws IOException {
        String text = Files.readString(TABLE)
                .lines()
                .filter(line -> line.startsWith("///"))
                .map(line -> line.substring(3).strip())
                .collect(Collectors.joining(" "))
                .replace(" - `", "\n- `");
        Map<String, Set<String>> table = new TreeMap<>();
        text.lines().forEach(line -> {
            Matcher matcher = ENTRY.matcher(line.strip());
            if (matcher.matches()) {
                table.put(matcher.group(1), names(matcher.group(2)));
            }
        });
        return table;
    }

    private static Set<String> names(String list) {
        return list.equals("nothing")
                ? Set.of()
                : Arrays.stream(list.split(",")).map(String::strip).collect(Collectors.toSet());
    }

    private static String name(String packageName) {
        return packageName.equals(ROOT) ? "root" : packageName.substring(ROOT.length() + 1);
    }
}
