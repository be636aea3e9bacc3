package io.kvepp.discovery.file;

import io.kvepp.discovery.DiscoveryProblem;
import io.kvepp.discovery.DiscoveryProblem.Reason;
import io.kvepp.discovery.DiscoveryRecord;
import io.kvepp.discovery.DiscoveryRecordReader;
import io.kvepp.discovery.MalformedRecordException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One bucket of the file store: a flat folder with one file an entry, kept alive by touching it.
///
/// A file is read again when its time or size changed. One that cannot be read keeps the last good
/// value it had while it is alive.
///
/// Confined.
final class FileBucket {
    /// Entries one bucket may have; with more, the bucket stays as it was.
    static final int ENTRIES_MAX = 65_536;

    private final Path folder;
    private final FileDiscoveryConfig config;
    private final DiscoveryRecordReader reader;
    private Map<String, Entry> entries = new TreeMap<>();
    private @Nullable DiscoveryProblem folderProblem;

    /// What is known of one file: when it was last touched, and what it said.
    private record Entry(
            FileTime modified,
            long size,
            @Nullable DiscoveryRecord record,
            @Nullable DiscoveryProblem problem) {}

    FileBucket(Path folder, FileDiscoveryConfig config, DiscoveryRecordReader reader) {
        this.folder = folder;
        this.config = config;
        this.reader = reader;
    }

    /// Looks at the folder again and adds what is alive now, in the order of the file names.
    void collect(Instant now, List<DiscoveryRecord> records, List<DiscoveryProblem> problems) {
        refresh(now);
        if (folderProblem != null) {
            problems.add(folderProblem);
        }
        for (Entry entry : entries.values()) {
            if (isAlive(entry.modified(), now)) {
                if (entry.record() != null) {
                    records.add(entry.record());
                }
                if (entry.problem() != null) {
                    problems.add(entry.problem());
                }
            }
        }
    }

    private void refresh(Instant now) {
        Map<String, Entry> next = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, FileBucket::isEntry)) {
            for (Path file : files) {
                if (next.size() >= ENTRIES_MAX) {
                    folderProblem = problem(folder, Reason.TOO_LARGE, "more than " + ENTRIES_MAX + " entries");
                    return;
                }
                String name = nameOf(file);
                @Nullable Entry entry = refreshed(file, entries.get(name), now);
                if (entry != null) {
                    next.put(name, entry);
                }
            }
        } catch (NoSuchFileException e) {
            next.clear();
        } catch (IOException | DirectoryIteratorException e) {
            folderProblem = problem(folder, Reason.UNREADABLE, e.toString());
            return;
        }
        entries = next;
        folderProblem = null;
    }

    /// The entry as it is now; null when the file is gone, dead, or no file.
    private @Nullable Entry refreshed(Path file, @Nullable Entry known, Instant now) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            FileTime modified = attributes.lastModifiedTime();
            if (!attributes.isRegularFile() || !isAlive(modified, now)) {
                return null;
            }
            if (known != null && known.modified().equals(modified) && known.size() == attributes.size()) {
                return known;
            }
            return read(file, attributes, known);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            return known == null ? null : failed(known.modified(), known.size(), known, unreadable(file, e));
        }
    }

    private Entry read(Path file, BasicFileAttributes attributes, @Nullable Entry known) throws NoSuchFileException {
        FileTime modified = attributes.lastModifiedTime();
        long size = attributes.size();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] json = in.readNBytes(config.entryBytesMax() + 1);
            if (json.length > config.entryBytesMax()) {
                String detail = size + " bytes (expected: at most " + config.entryBytesMax() + ")";
                return failed(modified, size, known, problem(file, Reason.TOO_LARGE, detail));
            }
            return new Entry(modified, size, reader.read(json), null);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            return failed(modified, size, known, unreadable(file, e));
        } catch (MalformedRecordException e) {
            return failed(modified, size, known, problem(file, Reason.MALFORMED, String.valueOf(e.getMessage())));
        }
    }

    private static Entry failed(FileTime modified, long size, @Nullable Entry known, DiscoveryProblem problem) {
        return new Entry(modified, size, known == null ? null : known.record(), problem);
    }

    private boolean isAlive(FileTime modified, Instant now) {
        return !modified.toInstant().plus(config.timeToLive()).isBefore(now);
    }

    /// Names of entries are percent-encoded, so that none starts with a dot; temporary files do.
    private static boolean isEntry(Path file) {
        return !nameOf(file).startsWith(".");
    }

    private static String nameOf(Path file) {
        return String.valueOf(file.getFileName());
    }

    private static DiscoveryProblem unreadable(Path file, IOException e) {
        return problem(file, Reason.UNREADABLE, e.toString());
    }

    private static DiscoveryProblem problem(Path file, Reason reason, String detail) {
        return new DiscoveryProblem(file.toString(), reason, detail);
    }
}
