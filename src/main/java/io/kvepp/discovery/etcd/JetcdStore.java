package io.kvepp.discovery.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch.Watcher;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.OptionsUtil;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Dynamo's buckets in a real etcd.
///
/// The client's own way of resuming a watch is not relied on: it may skip what happened between the
/// revision asked for and the moment the watch was made. A watch that meets any error is lost.
///
/// Source: Dynamo `lib/runtime/src/storage/kv/etcd.rs`.
///
/// Thread-safe.
final class JetcdStore implements EtcdStore {
    static final List<String> BUCKETS = List.of("v1/instances/", "v1/mdc/", "v1/event_channels/", "v1/event_sources/");

    private static final int PAGE_ENTRIES = 500;

    private final EtcdConfig config;
    private final Client client;

    JetcdStore(EtcdConfig config) {
        this.config = config;
        client = EtcdClients.open(config);
    }

    @Override
    public Snapshot read() throws IOException, InterruptedException {
        long revision = revision();
        Map<String, byte[]> entries = new HashMap<>();
        for (String bucket : BUCKETS) {
            readBucket(EtcdClients.bytes(bucket), revision, entries);
        }
        return new Snapshot(revision, entries);
    }

    @Override
    public long revision() throws IOException, InterruptedException {
        GetOption option =
                GetOption.builder().isPrefix(true).withCountOnly(true).build();
        return get(EtcdClients.bytes(BUCKETS.getFirst()), option).getHeader().getRevision();
    }

    @Override
    public Watch watch(long revision, Listener listener) {
        List<Watcher> watchers = new ArrayList<>();
        for (String bucket : BUCKETS) {
            WatchOption option = WatchOption.builder()
                    .isPrefix(true)
                    .withRevision(revision + 1)
                    .withRequireLeader(true)
                    .build();
            watchers.add(client.getWatchClient().watch(EtcdClients.bytes(bucket), option, new Forwarding(listener)));
        }
        return () -> watchers.forEach(Watcher::close);
    }

    @Override
    public void close() {
        client.close();
    }

    private void readBucket(ByteSequence bucket, long revision, Map<String, byte[]> entries)
            throws IOException, InterruptedException {
        ByteSequence end = OptionsUtil.prefixEndOf(bucket);
        ByteSequence from = bucket;
        boolean more = true;
        while (more) {
            GetOption option = GetOption.builder()
                    .withRange(end)
                    .withRevision(revision)
                    .withLimit(PAGE_ENTRIES)
                    .withSortField(GetOption.SortTarget.KEY)
                    .withSortOrder(GetOption.SortOrder.ASCEND)
                    .build();
            GetResponse page = get(from, option);
            for (KeyValue entry : page.getKvs()) {
                entries.put(text(entry.getKey()), entry.getValue().getBytes());
            }
            more = page.isMore() && !page.getKvs().isEmpty();
            if (more) {
                from = page.getKvs().getLast().getKey().concat(ByteSequence.from(new byte[1]));
            }
        }
    }

    private GetResponse get(ByteSequence key, GetOption option) throws IOException, InterruptedException {
        CompletableFuture<GetResponse> answer = client.getKVClient().get(key, option);
        try {
            return answer.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            @Nullable Throwable cause = e.getCause();
            throw new IOException(cause == null ? e.toString() : cause.toString(), e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new IOException("no answer within " + config.timeout(), e);
        }
    }

    private static String text(ByteSequence key) {
        return key.toString(StandardCharsets.UTF_8);
    }

    private record Forwarding(Listener listener) implements io.etcd.jetcd.Watch.Listener {
        @Override
        public void onNext(WatchResponse response) {
            for (WatchEvent event : response.getEvents()) {
                KeyValue entry = event.getKeyValue();
                switch (event.getEventType()) {
                    case PUT ->
                        listener.put(text(entry.getKey()), entry.getValue().getBytes());
                    case DELETE -> listener.deleted(text(entry.getKey()));
                    case UNRECOGNIZED -> listener.lost("an event of an unknown kind");
                }
            }
        }

        @Override
        public void onError(Throwable failure) {
            listener.lost(failure.toString());
        }

        @Override
        public void onCompleted() {
            listener.lost("the server ended the watch");
        }
    }
}
