package io.kvepp.discovery.etcd;

import io.kvepp.discovery.DiscoveryProblem;
import io.kvepp.discovery.DiscoveryProblem.Reason;
import io.kvepp.discovery.DiscoveryRecord;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.discovery.MalformedRecordException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is known of the entries of the store, in the order of their keys. An entry whose new value
/// cannot be read keeps the last good one.
///
/// Confined.
final class EtcdEntries {
    /// Entries that are known at a time; further ones are left out.
    static final int ENTRIES_MAX = 262_144;

    private final DiscoveryRecordReader reader = new DiscoveryRecordReader();
    private Map<String, Entry> entries = new TreeMap<>();
    private boolean tooMany;

    private record Entry(
            byte[] json,
            @Nullable DiscoveryRecord record,
            @Nullable DiscoveryProblem problem) {}

    /// Puts everything there is in the place of what was known.
    void replaceAll(Map<String, byte[]> all) {
        Map<String, Entry> known = entries;
        entries = new TreeMap<>();
        tooMany = false;
        all.forEach((key, json) -> put(key, json, known.get(key)));
    }

    void put(String key, byte[] json) {
        put(key, json, entries.get(key));
    }

    void remove(String key) {
        entries.remove(key);
        tooMany &= entries.size() >= ENTRIES_MAX;
    }

    List<DiscoveryRecord> records() {
        List<DiscoveryRecord> records = new ArrayList<>(entries.size());
        for (Entry entry : entries.values()) {
            if (entry.record() != null) {
                records.add(entry.record());
            }
        }
        return records;
    }

    List<DiscoveryProblem> problems() {
        List<DiscoveryProblem> problems = new ArrayList<>();
        if (tooMany) {
            problems.add(new DiscoveryProblem("etcd", Reason.TOO_LARGE, "more than " + ENTRIES_MAX + " entries"));
        }
        for (Entry entry : entries.values()) {
            if (entry.problem() != null) {
                problems.add(entry.problem());
            }
        }
        return problems;
    }

    private void put(String key, byte[] json, @Nullable Entry known) {
        if (entries.size() >= ENTRIES_MAX && !entries.containsKey(key)) {
            tooMany = true;
        } else if (known != null && Arrays.equals(known.json(), json)) {
            entries.put(key, known);
        } else {
            entries.put(key, read(key, json, known));
        }
    }

    private Entry read(String key, byte[] json, @Nullable Entry known) {
        try {
            return new Entry(json, reader.read(json), null);
        } catch (MalformedRecordException e) {
            DiscoveryProblem problem = new DiscoveryProblem(key, Reason.MALFORMED, String.valueOf(e.getMessage()));
            return new Entry(json, known == null ? null : known.record(), problem);
        }
    }
}
