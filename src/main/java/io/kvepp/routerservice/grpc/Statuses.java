package io.kvepp.routerservice.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.kvepp.routerservice.Answer.Reason;
import io.kvepp.routerservice.Answer.Refused;

/// How refusals are told.
final class Statuses {
    private static final String DOMAIN = "kv-epp";

    private Statuses() {}

    static StatusRuntimeException of(Refused<?> refused) {
        var status = com.google.rpc.Status.newBuilder()
                .setCode(code(refused.reason()).value())
                .setMessage(refused.message());
        if (!refused.details().isEmpty()) {
            ErrorInfo.Builder info = ErrorInfo.newBuilder()
                    .setDomain(DOMAIN)
                    .setReason(refused.reason().name());
            refused.details().forEach((name, number) -> info.putMetadata(name, String.valueOf(number)));
            status.addDetails(Any.pack(info.build()));
        }
        if (refused.retryAfterSeconds() > 0) {
            status.addDetails(Any.pack(RetryInfo.newBuilder()
                    .setRetryDelay(Duration.newBuilder().setSeconds(refused.retryAfterSeconds()))
                    .build()));
        }
        return StatusProto.toStatusRuntimeException(status.build());
    }

    static StatusRuntimeException of(FieldFault fault) {
        return Status.INVALID_ARGUMENT.withDescription(fault.told()).asRuntimeException();
    }

    private static Status.Code code(Reason reason) {
        return switch (reason) {
            case INVALID -> Status.Code.INVALID_ARGUMENT;
            case NOT_FOUND -> Status.Code.NOT_FOUND;
            case DUPLICATE -> Status.Code.ALREADY_EXISTS;
            case OVERLOADED, LIMIT -> Status.Code.RESOURCE_EXHAUSTED;
            case NO_WORKERS -> Status.Code.UNAVAILABLE;
            case INTERNAL -> Status.Code.INTERNAL;
        };
    }
}
