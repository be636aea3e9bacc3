package io.kvepp.discovery.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.kvepp.discovery.AnnouncedRecords;
import io.kvepp.discovery.EndpointRegistration;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Announces endpoints in etcd, as entries of a lease that is renewed several times within its time to
/// live.
///
/// The instance id is that of the first lease. A lease that is lost, because this process had stood
/// still or etcd has forgotten it, is replaced and everything is announced again under the same
/// instance id, which is all that callers know.
///
/// Source: Dynamo `lib/runtime/src/transports/etcd/lease.rs`.
///
/// Thread-safe. Owns one thread from [#start] to [#close].
public final class EtcdRegistration implements EndpointRegistration {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdRegistration.class);
    private static final int RENEWALS = 3;
    private static final String INSTANCES = "v1/instances/";
    private static final String MODELS = "v1/mdc/";

    private final EtcdConfig config;
    private final Client client;
    private final Map<String, byte[]> entries = new TreeMap<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile long instanceId;
    private volatile boolean troubled;
    private long lease;

    /// Nothing is sent before [#start].
    public EtcdRegistration(EtcdConfig config) {
        this.config = config;
        client = EtcdClients.open(config);
    }

    @Override
    public synchronized void start() throws IOException {
        lease = grant();
        instanceId = lease;
        Thread.ofPlatform().daemon().name("registration-etcd").start(this::keepAlive);
    }

    @Override
    public long instanceId() {
        return instanceId;
    }

    @Override
    public void announce(EndpointId endpoint, String transport) throws IOException {
        put(key(INSTANCES, endpoint), AnnouncedRecords.endpoint(endpoint, instanceId, transport));
    }

    @Override
    public boolean announceModels(EndpointId endpoint, EndpointId workerEndpoint, long workerId) throws IOException {
        String worker = MODELS + AnnouncedRecords.key(workerEndpoint, workerId);
        GetOption all = GetOption.builder().isPrefix(true).build();
        boolean known = false;
        for (KeyValue model :
                await(client.getKVClient().get(EtcdClients.bytes(worker), all)).getKvs()) {
            String suffix = model.getKey().toString(StandardCharsets.UTF_8).substring(worker.length());
            // A longer id may begin as this one does.
            if (suffix.isEmpty() || suffix.startsWith("/")) {
                put(
                        key(MODELS, endpoint) + suffix,
                        AnnouncedRecords.model(model.getValue().getBytes(), endpoint, instanceId));
                known = true;
            }
        }
        return known;
    }

    @Override
    public synchronized void withdrawModels(EndpointId endpoint) {
        String own = key(MODELS, endpoint);
        for (String key : List.copyOf(entries.keySet())) {
            if (key.startsWith(own)) {
                entries.remove(key);
                quietly("withdrawn", client.getKVClient().delete(EtcdClients.bytes(key)));
            }
        }
    }

    @Override
    public synchronized void close() {
        if (stop.getCount() > 0) {
            stop.countDown();
            if (instanceId != 0) {
                quietly("withdrawn", client.getLeaseClient().revoke(lease));
            }
            entries.clear();
            client.close();
        }
    }

    private synchronized void put(String key, byte[] value) throws IOException {
        if (stop.getCount() > 0) {
            write(key, value);
            entries.put(key, value);
        }
    }

    private void write(String key, byte[] value) throws IOException {
        PutOption leased = PutOption.builder().withLeaseId(lease).build();
        var _ = await(client.getKVClient().put(EtcdClients.bytes(key), ByteSequence.from(value), leased));
    }

    private long grant() throws IOException {
        return await(client.getLeaseClient().grant(config.leaseTtl().toSeconds()))
                .getID();
    }

    private void keepAlive() {
        try {
            Duration pause = config.leaseTtl().dividedBy(RENEWALS);
            while (!stop.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
                renew();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void renew() {
        if (stop.getCount() == 0) {
            return;
        }
        try {
            if (isLost()) {
                lease = grant();
                for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                    write(entry.getKey(), entry.getValue());
                }
                LOG.warn("endpoints of this process are announced again: their lease was lost");
            }
            troubled = false;
        } catch (IOException e) {
            if (!troubled) {
                LOG.warn("endpoints of this process cannot be kept alive: source=etcd detail={}", e.getMessage());
            }
            troubled = true;
        }
    }

    /// Renews the lease, unless there is none any more.
    private boolean isLost() throws IOException {
        long left = await(client.getLeaseClient().timeToLive(lease, LeaseOption.DEFAULT))
                .getTTL();
        if (left > 0) {
            var _ = await(client.getLeaseClient().keepAliveOnce(lease));
        }
        return left <= 0;
    }

    private <T> T await(CompletableFuture<T> answer) throws IOException {
        try {
            return answer.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            @Nullable Throwable cause = e.getCause();
            throw new IOException(cause == null ? e.toString() : cause.toString(), e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new IOException("no answer within " + config.timeout(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void quietly(String what, CompletableFuture<?> answer) {
        try {
            var _ = await(answer);
        } catch (IOException e) {
            LOG.warn("endpoints of this process cannot be {}: source=etcd detail={}", what, e.getMessage());
        }
    }

    private String key(String bucket, EndpointId endpoint) {
        return bucket + AnnouncedRecords.key(endpoint, instanceId);
    }
}
