package io.kvepp.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.it.process.ManagedProcess;
import io.kvepp.it.process.Processes;
import io.kvepp.it.process.Project;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The recorded prompts, with which `OraclePromptsTest` compares this process, are still those of
/// the real frontend, without and with its own cache of token ids.
class OracleIT {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @Test
    void theFrontendStillMakesTheRecordedPrompts() {
        String command = Project.root().resolve("e2e/oracle/check").toString();
        try (Processes processes = new Processes(Project.logs())) {
            ManagedProcess check = processes.start("oracle-check", List.of(command), System.getenv());
            assertThat(check.awaitExit(LIMIT)).as(check.logTail()).isZero();
        }
    }
}
