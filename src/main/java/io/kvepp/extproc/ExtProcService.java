package io.kvepp.extproc;

import io.envoyproxy.envoy.service.ext_proc.v3.ExternalProcessorGrpc;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.metrics.Meter;
import io.kvepp.picker.EndpointPicker;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Envoy's `ExternalProcessor` service, in every body mode.
///
/// Source: Endpoint Picker protocol 1.0; Envoy `external_processor.proto`.
///
/// Thread-safe.
public final class ExtProcService extends ExternalProcessorGrpc.ExternalProcessorImplBase implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ExtProcService.class);

    private final AtomicBoolean warned = new AtomicBoolean();
    private final ExtProcConfig config;
    private final EndpointPicker picker;
    private final EppMetrics metrics;
    private final ExtProcHost host;
    private final StreamDeadlines deadlines;
    private final BodyBudget bodyBudget;

    public ExtProcService(ExtProcConfig config, EndpointPicker picker, EppMetrics metrics, ExtProcHost host) {
        this.config = config;
        this.picker = picker;
        this.metrics = metrics;
        this.host = host;
        deadlines = new StreamDeadlines(host.timer(), host.nanoClock(), config.streamAge());
        bodyBudget = new BodyBudget(config.bodyBytesTotalMax());
    }

    /// Starts the deadlines; called once.
    public void start() {
        metrics.bind(Meter.EXT_PROC_STREAMS_OPEN, this::openStreams);
        metrics.bind(Meter.BODY_BYTES_HELD, bodyBudget::held);
        deadlines.start();
    }

    /// Requests under way.
    public int openStreams() {
        return deadlines.open();
    }

    @Override
    public StreamObserver<ProcessingRequest> process(StreamObserver<ProcessingResponse> responses) {
        ServerCallStreamObserver<ProcessingResponse> call = (ServerCallStreamObserver<ProcessingResponse>) responses;
        call.disableAutoRequest();
        ExtProcStream stream = new ExtProcStream(this, call);
        deadlines.add(stream);
        call.setOnCancelHandler(stream::cancelled);
        call.setOnReadyHandler(stream::ready);
        return stream;
    }

    /// Lets go of all requests under way: gateways go on with those that were routed.
    public void letGo() {
        deadlines.streams().forEach(ExtProcStream::onStop);
    }

    @Override
    public void close() {
        deadlines.close();
    }

    /// A gateway tells neither its body modes nor any path.
    void metTerseGateway() {
        if (warned.compareAndSet(false, true)) {
            LOG.warn(
                    "a gateway tells no path and no protocol_config, as NGINX Gateway Fabric does: such a gateway passes"
                            + " on no header but the destination, so Dynamo frontends in Direct mode refuse its requests");
        }
    }

    ExtProcConfig config() {
        return config;
    }

    EndpointPicker picker() {
        return picker;
    }

    EppMetrics metrics() {
        return metrics;
    }

    Supplier<String> requestIds() {
        return host.requestIds();
    }

    boolean acceptsRequests() {
        return host.acceptsRequests().getAsBoolean();
    }

    BodyBudget bodyBudget() {
        return bodyBudget;
    }

    StreamDeadlines deadlines() {
        return deadlines;
    }
}
