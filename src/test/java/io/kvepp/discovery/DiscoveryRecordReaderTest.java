package io.kvepp.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.discovery.testing.StoreFixture;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.RequestAddress;
import io.kvepp.worker.WorkerWithDpRank;
import io.kvepp.worker.card.EndpointId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiscoveryRecordReaderTest {
    private static final EndpointId GENERATE = new EndpointId("dynamo", "backend", "generate");
    private static final String SCOPE =
            "'scope':{'kind':'endpoint','endpoint':{'namespace':'dynamo','component':'backend','name':'generate'}}";

    private final DiscoveryRecordReader reader = new DiscoveryRecordReader();

    @ParameterizedTest
    @ValueSource(strings = {"agg", "agg-dp2-http", "disagg", "disagg-dp2"})
    void readsEveryEntryOfARealStoreAsItsBucketSays(String store) throws Exception {
        assertBucket(store, "instances", DiscoveryRecord.Instance.class);
        assertBucket(store, "mdc", DiscoveryRecord.Model.class);
        assertBucket(store, "event_channels", DiscoveryRecord.EventChannel.class);
        assertBucket(store, "event_sources", DiscoveryRecord.EventSource.class);
    }

    private void assertBucket(String store, String bucket, Class<?> kind) throws IOException, MalformedRecordException {
        assertThat(StoreFixture.entries(store, bucket)).isNotEmpty();
        for (Path entry : StoreFixture.entries(store, bucket)) {
            assertThat(reader.read(Files.readAllBytes(entry))).as("%s", entry).isInstanceOf(kind);
        }
    }

    @Test
    void readsAnInstanceWhoseIdUsesAll64Bits() throws MalformedRecordException {
        assertThat(read("{'type':'Endpoint','component':'backend','endpoint':'generate','namespace':'dynamo',"
                        + "'instance_id':17417225050948890854,'transport':{'tcp':'127.0.0.1:1/a'}}"))
                .isEqualTo(new DiscoveryRecord.Instance(
                        GENERATE,
                        Long.parseUnsignedLong("17417225050948890854"),
                        new RequestAddress("127.0.0.1:1/a", RecoveryTarget.Codec.JSON)));
    }

    @Test
    void readsChannelAndSourceOfAPublisher() throws MalformedRecordException {
        assertThat(read("{'type':'EventChannel'," + SCOPE + ",'topic':'kv-events','instance_id':2045596,"
                        + "'transport':{'kind':'Zmq','config':{'endpoint':'tcp://10.0.0.5:35511'}}}"))
                .isEqualTo(new DiscoveryRecord.EventChannel(GENERATE, "kv-events", 2045596, "tcp://10.0.0.5:35511"));
        assertThat(read("{'type':'EventChannel'," + SCOPE + ",'topic':'kv-events','instance_id':7,"
                        + "'transport':{'kind':'Nats','config':{'subject_prefix':'whatever'}}}"))
                .isEqualTo(new DiscoveryRecord.EventChannel(
                        GENERATE, "kv-events", 7, "subject:" + GENERATE.eventSubject("kv-events")));
        assertThat(read("{'type':'EventSource'," + SCOPE + ",'topic':'kv-events','publisher_id':2045596,"
                        + "'metadata':{'worker':{'worker_id':18446744073709551615,'dp_rank':3}}}"))
                .isEqualTo(new DiscoveryRecord.EventSource(
                        GENERATE, "kv-events", 2045596, new WorkerWithDpRank(-1, 3), null));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{'transport':{'tcp':'10.0.0.5:4/7b/q'},'request_plane_codec':'msgpack'} | MSGPACK",
                "{'transport':{'tcp':'10.0.0.5:4/7b/q'},'request_plane_codec':'json'}    | JSON",
                "{'transport':{'tcp':'10.0.0.5:4/7b/q'}}                                 | JSON",
                "{'transport':{'quic':'10.0.0.5:4/7b/q'}}                                |",
                "null                                                                    |",
            },
            quoteCharacter = '"')
    void aSourceNamesWhoCanBeAskedForWhatTheRankHolds(String target, RecoveryTarget.@Nullable Codec codec)
            throws MalformedRecordException {
        DiscoveryRecord record = read("{'type':'EventSource'," + SCOPE + ",'topic':'kv-events','publisher_id':7,"
                + "'metadata':{'worker':{'worker_id':1},'recovery_target':" + target + "}}");

        assertThat(((DiscoveryRecord.EventSource) record).recoveryTarget())
                .isEqualTo(codec == null ? null : new RecoveryTarget("10.0.0.5:4/7b/q", codec));
    }

    @Test
    void anEndpointThatTakesRequestsOverNatsIsASubject() throws MalformedRecordException {
        assertThat(read("{'type':'Endpoint','component':'backend','endpoint':'generate','namespace':'dynamo',"
                        + "'instance_id':123,'transport':{'nats_tcp':'dynamo_backend.generate-7b'},"
                        + "'request_plane_codec':'msgpack'}"))
                .isEqualTo(new DiscoveryRecord.Instance(
                        GENERATE,
                        123,
                        new RequestAddress("nats:dynamo_backend.generate-7b", RecoveryTarget.Codec.MSGPACK)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'EventChannel','scope':{'kind':'namespace','name':'dynamo'},'topic':'kv-events',"
                        + "'instance_id':1,"
                        + "'transport':{'kind':'Zmq','config':{'endpoint':'tcp://10.0.0.5:1'}}}",
                "{'type':'EventChannel'," + SCOPE + ",'topic':'kv-events','instance_id':1,"
                        + "'transport':{'kind':'Quic','config':{'port':1}}}",
                "{'type':'EventSource'," + SCOPE + ",'topic':'kv-state-sources-v2','publisher_id':1}",
            })
    void whatIsOfNoUseIsNotMalformed(String json) throws MalformedRecordException {
        assertThat(read(json)).isInstanceOf(DiscoveryRecord.Other.class);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]|record: [] (expected: an object)",
                "{'type':'Lease'}|type: \"Lease\" (expected: Endpoint, Model, EventChannel or EventSource)",
                "{}|type: absent (expected: a string that is not empty)",
                "{'type':'Endpoint','namespace':'','component':'c','endpoint':'e'}|namespace: \"\" (expected:",
                "{'type':'Endpoint','namespace':'n','component':'c','endpoint':'e','instance_id':-1}|instance_id: -1",
                "{'type':'Endpoint','namespace':'n','component':'c','endpoint':'e','instance_id':18446744073709551616}"
                        + "|instance_id: 18446744073709551616 (expected: 0 .. 18446744073709551615)",
                "{'type':'Endpoint','namespace':'n','component':'c','endpoint':'e','instance_id':1.5}|instance_id: 1.5",
                "{'type':'Endpoint','namespace':'n','component':'c','endpoint':'e','instance_id':'1'}"
                        + "|instance_id: \"1\"",
                "{'type':'Model','namespace':'n','component':'c','endpoint':'e','instance_id':1}|card_json: absent",
                "{'type':'Endpoint'} {'type':'Endpoint'}|one JSON object",
                "{'type':'Endpoint','type':'Endpoint'}|one JSON object",
                "not json|one JSON object",
            })
    void whatIsWrongIsNamed(String json, String message) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(MalformedRecordException.class)
                .hasMessageContaining(message);
    }

    @Test
    void everyTruncationOfARealCardIsMalformed() throws IOException {
        byte[] card = Files.readAllBytes(StoreFixture.entries("agg", "mdc").getFirst());
        for (int length = 0; length < card.length; length++) {
            byte[] cut = Arrays.copyOf(card, length);
            assertThatThrownBy(() -> reader.read(cut)).isInstanceOf(MalformedRecordException.class);
        }
    }

    @Test
    void nestingIsLimited() {
        assertThatThrownBy(() -> read("{'type':" + "[".repeat(100_000))).isInstanceOf(MalformedRecordException.class);
    }

    private DiscoveryRecord read(String json) throws MalformedRecordException {
        return reader.read(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
