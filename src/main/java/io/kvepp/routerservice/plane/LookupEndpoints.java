package io.kvepp.routerservice.plane;

import io.kvepp.msgpack.MalformedMessageException;
import io.kvepp.msgpack.MsgpackReader;
import io.kvepp.msgpack.MsgpackWriter;
import io.kvepp.requestplane.EndpointAnswer;
import io.kvepp.requestplane.EndpointException;
import io.kvepp.requestplane.EndpointRequest;
import io.kvepp.requestplane.TcpRequestPlaneServer.EndpointHandler;
import io.kvepp.routerservice.OverlapTable;
import io.kvepp.routerservice.RankOverlap;
import io.kvepp.routerservice.Selected;
import io.kvepp.routerservice.SelectionPrompt;
import io.kvepp.routerservice.SelectionRequest;
import io.kvepp.routerservice.SelectionService;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The endpoints that look and change nothing.
///
/// - `best_worker_id`: the token ids themselves, or `{token_ids, router_config_override?}` -> the id
///   of the worker that would be chosen
/// - `get_overlap_scores`: `{token_ids, lora_name?, cache_namespace?}` -> what each rank holds, by
///   tier; caches that workers share are not looked at
///
/// Source: Dynamo 1.6.1 `dynamo.router`, `lib/kv-router/src/scheduling/overlap`.
///
/// Thread-safe.
final class LookupEndpoints {
    private final SelectionService service;
    private final Supplier<Fleet> fleet;

    LookupEndpoints(SelectionService service, Supplier<Fleet> fleet) {
        this.service = service;
        this.fleet = fleet;
    }

    @Nullable
    EndpointHandler bestWorkerId(EndpointRequest request, EndpointAnswer answer) throws EndpointException, IOException {
        try {
            byte[] payload = Codecs.payload(request);
            Selected selected = Selections.given(service.select(wanted(payload)));
            byte[] id = new MsgpackWriter()
                    .unsigned(selected.chosen().worker().workerId())
                    .toBytes();
            answer.send(Codecs.encoded(request.codec(), id));
            return null;
        } catch (MalformedMessageException e) {
            throw Codecs.malformed(e);
        }
    }

    @Nullable
    EndpointHandler overlapScores(EndpointRequest request, EndpointAnswer answer)
            throws EndpointException, IOException {
        try {
            Fields fields = Fields.read(Codecs.payload(request));
            OverlapTable table = Selections.given(service.overlaps(fleet.get().pool(), prompt(fields)));
            answer.send(Codecs.encoded(request.codec(), table(table)));
            return null;
        } catch (MalformedMessageException e) {
            throw Codecs.malformed(e);
        }
    }

    private SelectionRequest wanted(byte[] payload) throws MalformedMessageException {
        if (new MsgpackReader(payload).next() == MsgpackReader.Kind.ARRAY) {
            return SelectionRequest.of(fleet.get().pool(), SelectionPrompt.Tokens.of(Fields.tokenIds(payload)));
        }
        Fields fields = Fields.read(payload);
        return SelectionRequest.of(fleet.get().pool(), prompt(fields)).with(Overrides.read(fields));
    }

    private static SelectionPrompt prompt(Fields fields) throws MalformedMessageException {
        return new SelectionPrompt.Tokens(
                fields.tokenIds("token_ids"), fields.text("lora_name"), fields.text("cache_namespace"), null);
    }

    private static byte[] table(OverlapTable table) {
        MsgpackWriter writer = new MsgpackWriter().map(4);
        writer.string("block_size").unsigned(table.blockSizeTokens());
        writer.string("num_blocks").unsigned(table.blocks());
        writer.string("workers").array(table.ranks().size());
        table.ranks().forEach(rank -> write(rank, writer));
        writer.string("shared_cache").map(4);
        writer.string("enabled").bool(false);
        writer.string("total_hit_blocks").unsigned(0);
        writer.string("ranges").array(0);
        return writer.string("error").nil().toBytes();
    }

    private static void write(RankOverlap rank, MsgpackWriter writer) {
        writer.map(8);
        writer.string("worker_id").unsigned(rank.worker().workerId());
        writer.string("dp_rank").unsigned(rank.worker().dpRank());
        writer.string("device_blocks").unsigned(rank.deviceBlocks());
        writer.string("host_pinned_blocks").unsigned(rank.throughHost());
        writer.string("disk_blocks").unsigned(rank.throughDisk());
        writer.string("host_pinned_extension_blocks").unsigned(rank.hostPinnedBlocks());
        writer.string("disk_extension_blocks").unsigned(rank.diskBlocks());
        writer.string("shared_beyond_device_blocks").nil();
    }
}
