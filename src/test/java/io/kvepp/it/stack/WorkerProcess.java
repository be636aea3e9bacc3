package io.kvepp.it.stack;

import io.kvepp.it.process.ManagedProcess;

/// A running mocker that is one worker. `workerId` is its unsigned 64-bit id in decimal.
///
/// Immutable.
public record WorkerProcess(String name, Role role, String workerId, ManagedProcess process) {
    /// What a worker does. `flag` is the mocker's word; `letter` names its processes.
    public enum Role {
        AGGREGATED("agg", "A", "backend"),
        PREFILL("prefill", "P", "prefill"),
        DECODE("decode", "D", "backend");

        final String flag;
        final String letter;
        final String component;

        Role(String flag, String letter, String component) {
            this.flag = flag;
            this.letter = letter;
            this.component = component;
        }
    }
}
